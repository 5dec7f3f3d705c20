/* price.c - what an answer costs, from its price and its usage. */
#include "catalog/catalog.h"

double price_of(const struct price *price, const struct usage *usage)
{
    if (usage->tokens_in < 0 || usage->tokens_out < 0 || price->input < 0)
        return -1;
    if (usage->tokens_out > 0 && price->output < 0)
        return -1;
    int64_t cached = usage->tokens_cached > 0 ? usage->tokens_cached : 0;
    if (cached > usage->tokens_in)
        cached = usage->tokens_in;
    /* Without a price of its own a cached token costs what any other costs: never too little. */
    double cached_price = price->cached_input >= 0 ? price->cached_input : price->input;
    double millionths = (double)(usage->tokens_in - cached) * price->input;
    millionths += (double)cached * cached_price;
    if (usage->tokens_out > 0)
        millionths += (double)usage->tokens_out * price->output;
    return millionths / 1e6;
}
