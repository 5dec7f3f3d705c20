/* settle.h - what is written down when an exchange has ended: one log line, a few counters. */
#ifndef BOURSE_SERVE_SETTLE_H
#define BOURSE_SERVE_SETTLE_H

#include "exchange.h"

void settle(struct exchange *exchange);

#endif
