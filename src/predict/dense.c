/* dense.c - counts become dense numbers: logarithms of what is counted, roots of what is shared. */
#include <math.h>

#include "counts.h"

/* A row is one number: how often any of its characters stands in the text. */
static const char *const marks[READING_MARKS] = {
    "+", "-",  "*", "/", "=", "<>", "^", "\\", "$", "{}", "[]", "()", ";",
    "_", "\"", "'", "`", "?", "!",  ",", ".",  ":", "|",  "%",  "#",  "@&~",
};

static double count_of(const struct counts *counts, const char *characters)
{
    uint32_t count = 0;
    for (; *characters; characters++)
        count += counts->marks[(unsigned char)*characters];
    return count;
}

/* A root: the difference between none and a few says more than that between many and more. */
static float root_share(const struct counts *counts, double part)
{
    return counts->shown ? (float)sqrt(part / counts->shown) : 0;
}

static float plain_share(const struct counts *counts, double part)
{
    return counts->shown ? (float)(part / counts->shown) : 0;
}

static float logged(double count)
{
    return count > 0 ? (float)log1p(count) : 0;
}

static void put_sizes(const struct counts *counts, double share, float dense[DENSE_COUNT])
{
    double words = counts->words ? counts->words : 1;
    dense[DENSE_LENGTH] = logged(counts->shown / share);
    dense[DENSE_WORDS] = logged(counts->words / share);
    dense[DENSE_WORD_LENGTH] = (float)(counts->letters / words);
    dense[DENSE_LONGEST_WORD] = logged(counts->longest);
    dense[DENSE_DISTINCT] = (float)(counts->distinct / (2 * words));
    dense[DENSE_FOREIGN_SHARE] = plain_share(counts, counts->foreign);
    dense[DENSE_UNSPACED_SHARE] = plain_share(counts, counts->unspaced);
}

static void put_shapes(const struct counts *counts, float dense[DENSE_COUNT])
{
    dense[DENSE_NUMBERS] = logged(counts->numbers);
    dense[DENSE_LONG_NUMBERS] = logged(counts->long_numbers);
    dense[DENSE_DECIMALS] = logged(counts->decimals);
    dense[DENSE_OPTIONS] = logged(counts->options);
    dense[DENSE_HAS_OPTIONS] = counts->options >= 2;
    dense[DENSE_COMMANDS] = logged(counts->commands);
    dense[DENSE_FENCES] = logged(counts->fences);
    dense[DENSE_ENDS_ASKING] = counts->last == '?';
    dense[DENSE_ENDS_OPEN] = counts->last == ':';
}

static void put_shares(const struct counts *counts, float dense[DENSE_COUNT])
{
    dense[DENSE_DIGIT_SHARE] = plain_share(counts, counts->digits);
    dense[DENSE_OPERATOR_SHARE] = root_share(counts, count_of(counts, "+-*/=<>^"));
    dense[DENSE_BACKSLASH_SHARE] = root_share(counts, count_of(counts, "\\"));
    dense[DENSE_BRACKET_SHARE] = root_share(counts, count_of(counts, "{}[]();"));
    dense[DENSE_QUOTE_SHARE] = root_share(counts, count_of(counts, "\"'"));
    dense[DENSE_COMMA_SHARE] = root_share(counts, count_of(counts, ","));
    dense[DENSE_PERIOD_SHARE] = root_share(counts, count_of(counts, "."));
}

void counts_to_dense(const struct counts *counts, double share, float ret_dense[DENSE_COUNT])
{
    put_sizes(counts, share > 0 ? share : 1, ret_dense);
    put_shapes(counts, ret_dense);
    put_shares(counts, ret_dense);
    for (size_t i = 0; i < READING_MARKS; i++)
        ret_dense[DENSE_MARKS + i] = logged(count_of(counts, marks[i]));
}
