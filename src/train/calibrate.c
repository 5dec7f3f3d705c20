/* calibrate.c - an isotonic curve of a few knots: pooled adjacent violators over equal shares. */
#include <math.h>
#include <stdlib.h>

#include "settle.h"

/* A share's mean outcome is drawn to its mean prediction as if by so many more outcomes. */
#define PRIOR 10.0
/* So many outcomes carry a knot: fewer would fit the noise. */
#define POINTS_EACH 100
#define KNOTS_MAX   14
#define POINTS_MIN  100

struct share {
    double from, to, weight;
};

static int by_prediction(const void *one, const void *two)
{
    const struct point *a = one, *b = two;
    return a->predicted < b->predicted ? -1 : a->predicted > b->predicted;
}

static struct share mean_of(const struct point *points, size_t begin, size_t end)
{
    double predicted = 0, observed = 0, count = (double)(end - begin);
    for (size_t i = begin; i < end; i++) {
        predicted += (double)points[i].predicted;
        observed += (double)points[i].observed;
    }
    double from = predicted / count;
    return (struct share){ from, (observed + PRIOR * from) / (count + PRIOR), count };
}

/* Neighbours in the wrong order share their mean. */
static void pool(struct share *shares, size_t count)
{
    double to[PREDICTOR_KNOTS], weight[PREDICTOR_KNOTS];
    size_t width[PREDICTOR_KNOTS], blocks = 0;
    for (size_t i = 0; i < count; i++) {
        to[blocks] = shares[i].to;
        weight[blocks] = shares[i].weight;
        width[blocks++] = 1;
        while (blocks > 1 && to[blocks - 2] > to[blocks - 1]) {
            blocks--;
            double both = weight[blocks - 1] + weight[blocks];
            to[blocks - 1] =
                (to[blocks - 1] * weight[blocks - 1] + to[blocks] * weight[blocks]) / both;
            weight[blocks - 1] = both;
            width[blocks - 1] += width[blocks];
        }
    }
    for (size_t block = 0, i = 0; block < blocks; block++)
        for (size_t k = 0; k < width[block]; k++)
            shares[i++].to = to[block];
}

void calibration_fit(struct point *points, size_t count, struct predictor_model *ret_model)
{
    struct share shares[PREDICTOR_KNOTS];
    size_t wanted = count / POINTS_EACH < 3 ? 3 : count / POINTS_EACH;
    ret_model->knots = 0;
    if (count < POINTS_MIN)
        return;
    if (wanted > KNOTS_MAX)
        wanted = KNOTS_MAX;
    qsort(points, count, sizeof *points, by_prediction);
    for (size_t i = 0; i < wanted; i++)
        shares[i] = mean_of(points, i * count / wanted, (i + 1) * count / wanted);
    pool(shares, wanted);
    for (size_t i = 0; i < wanted; i++) {
        size_t knots = ret_model->knots;
        if (knots && (float)shares[i].from <= ret_model->from[knots - 1] + 1e-6f)
            continue;
        ret_model->from[knots] = (float)shares[i].from;
        ret_model->to[knots] = (float)fmin(fmax(shares[i].to, 0), 1);
        ret_model->knots++;
    }
    if (ret_model->knots < 2)
        ret_model->knots = 0;
}
