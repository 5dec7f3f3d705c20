/* explain.h - the words of an explanation, shared by the document and the table. */
#ifndef BOURSE_ROUTE_EXPLAIN_H
#define BOURSE_ROUTE_EXPLAIN_H

#include "route/router.h"

const char *source_name(enum term_source source);

#endif
