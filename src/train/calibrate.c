/* calibrate.c - half an isotonic curve of a few knots, half a logistic one through all outcomes.
 *
 * The isotonic one (pooled adjacent violators over equal shares) follows any shape, but has steps
 * where there is noise, and ranks what is on one step as equal; the logistic one has two numbers
 * and hardly any noise, but only one shape. Which of them predicts better differs from model to
 * model and from one half of the rows to the other; half of each is better than either. */
#include <math.h>
#include <stdlib.h>

#include "settle.h"

/* A share's mean outcome is drawn to its mean prediction as if by so many more outcomes. */
#define PRIOR 10.0
/* So many outcomes carry a knot: fewer would fit the noise. */
#define POINTS_EACH 100
#define KNOTS_MAX   14
#define POINTS_MIN  100

/* The logistic curve is drawn to the prediction itself as if by so many more outcomes. */
#define LOGISTIC_PRIOR 10.0
#define LOGISTIC_STEPS 15
#define STEP_MAX       1.0  /* longer ones may leap to and fro */
#define CHANCE_LEAST   0.02 /* what is predicted below it, or above 1 less it, counts as that */

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

/* chance = 1 / (1 + exp(−(shift + slope · log odds of the prediction))) */
struct logistic {
    double shift, slope;
};

static double log_odds(double chance)
{
    double kept = fmin(fmax(chance, CHANCE_LEAST), 1 - CHANCE_LEAST);
    return log(kept / (1 - kept));
}

static double logistic_at(const struct logistic *curve, double predicted)
{
    return 1 / (1 + exp(-(curve->shift + curve->slope * log_odds(predicted))));
}

/* Gradient and curvature of the likelihood, and of the distance from the prediction itself. */
struct newton {
    double shift, slope;                /* the gradient */
    double shifts, slopes, shift_slope; /* the curvature */
};

static struct newton newton_of(const struct logistic *curve, const struct point *points,
                               size_t count)
{
    const double prior = LOGISTIC_PRIOR / 4; /* of an outcome whose chance is a half: 1/4 each */
    struct newton sums = { prior * curve->shift, prior * (curve->slope - 1), prior, prior, 0 };
    for (size_t i = 0; i < count; i++) {
        double chance = logistic_at(curve, (double)points[i].predicted);
        double odds = log_odds((double)points[i].predicted);
        double apart = chance - (double)points[i].observed, weight = chance * (1 - chance);
        sums.shift += apart;
        sums.slope += apart * odds;
        sums.shifts += weight;
        sums.slopes += weight * odds * odds;
        sums.shift_slope += weight * odds;
    }
    return sums;
}

static struct logistic fit_logistic(const struct point *points, size_t count)
{
    struct logistic curve = { 0, 1 };
    for (int i = 0; i < LOGISTIC_STEPS; i++) {
        struct newton sums = newton_of(&curve, points, count);
        double scale = sums.shifts * sums.slopes - sums.shift_slope * sums.shift_slope;
        double shift = (sums.slopes * sums.shift - sums.shift_slope * sums.slope) / scale;
        double slope = (sums.shifts * sums.slope - sums.shift_slope * sums.shift) / scale;
        curve.shift -= fmin(fmax(shift, -STEP_MAX), STEP_MAX);
        curve.slope -= fmin(fmax(slope, -STEP_MAX), STEP_MAX);
    }
    curve.slope = fmax(curve.slope, 0);
    return curve;
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
    struct logistic curve = fit_logistic(points, count);
    for (size_t i = 0; i < wanted; i++) {
        size_t knots = ret_model->knots;
        if (knots && (float)shares[i].from <= ret_model->from[knots - 1] + 1e-6f)
            continue;
        ret_model->from[knots] = (float)shares[i].from;
        double smooth = logistic_at(&curve, shares[i].from);
        ret_model->to[knots] = (float)((fmin(fmax(shares[i].to, 0), 1) + smooth) / 2);
        ret_model->knots++;
    }
    if (ret_model->knots < 2)
        ret_model->knots = 0;
}
