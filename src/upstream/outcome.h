/* outcome.h - how a finished transfer of curl's reads as a failure of ours. */
#ifndef BOURSE_UPSTREAM_OUTCOME_H
#define BOURSE_UPSTREAM_OUTCOME_H

#include <curl/curl.h>

#include "base/fail.h"

enum fail outcome_of(CURLcode code, bool connected);

#endif
