/* figures_of_merit.c - hulls, shares of strong calls, resampling with a fixed seed. */
#include "figures_of_merit.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"

#define RESAMPLES 1000
#define STEPS     10

static int by_number(const void *one, const void *two)
{
    double a = *(const double *)one, b = *(const double *)two;
    return a < b ? -1 : a > b;
}

static int by_cost(const void *one, const void *two)
{
    const struct merit_point *a = one, *b = two;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return a->quality > b->quality ? -1 : a->quality < b->quality;
}

/* Whether b lies on or below the line from a to c. */
static bool is_below(struct merit_point a, struct merit_point b, struct merit_point c)
{
    return (b.quality - a.quality) * (c.cost - a.cost) <=
           (c.quality - a.quality) * (b.cost - a.cost);
}

/* In place; only points that are better than all cheaper ones, on the upper hull. */
static size_t make_hull(struct merit_point *points, size_t count)
{
    size_t kept = 0;
    qsort(points, count, sizeof *points, by_cost);
    for (size_t i = 0; i < count; i++) {
        if (kept && points[i].quality <= points[kept - 1].quality)
            continue;
        while (kept > 1 && is_below(points[kept - 2], points[kept - 1], points[i]))
            kept--;
        points[kept++] = points[i];
    }
    return kept;
}

static double quality_at(const struct merit_point *hull, size_t count, double cost)
{
    if (cost <= hull[0].cost)
        return hull[0].quality;
    for (size_t i = 1; i < count; i++) {
        if (cost > hull[i].cost)
            continue;
        double share = (cost - hull[i - 1].cost) / (hull[i].cost - hull[i - 1].cost);
        return hull[i - 1].quality + share * (hull[i].quality - hull[i - 1].quality);
    }
    return hull[count - 1].quality;
}

double merit_aiq(struct merit_point *points, size_t count, double low, double high)
{
    size_t kept = make_hull(points, count);
    double area = 0, at = low, quality = kept ? quality_at(points, kept, low) : 0;
    if (kept == 0 || high <= low)
        return quality;
    for (size_t i = 0; i <= kept; i++) {
        double next = i < kept ? fmin(points[i].cost, high) : high;
        if (next <= at)
            continue;
        double then = quality_at(points, kept, next);
        area += (next - at) * (quality + then) / 2;
        at = next;
        quality = then;
    }
    return area / (high - low);
}

struct lifted {
    double lift, gain;
};

static int by_lift(const void *one, const void *two)
{
    const struct lifted *a = one, *b = two;
    return a->lift > b->lift ? -1 : a->lift < b->lift;
}

/* The share of the gap between weak and strong that is recovered when so many calls are strong. */
static double recovered(const struct lifted *sorted, size_t count, double calls, double gap)
{
    size_t whole = (size_t)calls;
    double sum = 0;
    for (size_t i = 0; i < whole && i < count; i++)
        sum += sorted[i].gain;
    if (whole < count)
        sum += (calls - (double)whole) * sorted[whole].gain;
    return gap != 0 ? sum / gap : 0;
}

static double calls_for(const struct lifted *sorted, size_t count, double gap, double share)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += sorted[i].gain;
        if (sum >= share * gap)
            return (double)(i + 1) / (double)count;
    }
    return 1;
}

void merit_of_pair(const struct merit_pair *pair, double *ret_apgr, double *ret_cpt50,
                   double *ret_cpt80)
{
    struct lifted *sorted = calloc(pair->count + 1, sizeof *sorted);
    double gap = 0, apgr = 0;
    if (!sorted)
        abort();
    for (size_t i = 0; i < pair->count; i++) {
        sorted[i] = (struct lifted){ pair->lift[i], pair->strong[i] - pair->weak[i] };
        gap += sorted[i].gain;
    }
    qsort(sorted, pair->count, sizeof *sorted, by_lift);
    for (int step = 0; step <= STEPS; step++) {
        double calls = (double)pair->count * step / STEPS;
        double weight = step == 0 || step == STEPS ? 0.5 : 1;
        apgr += weight * recovered(sorted, pair->count, calls, gap) / STEPS;
    }
    *ret_apgr = apgr;
    *ret_cpt50 = calls_for(sorted, pair->count, gap, 0.5);
    *ret_cpt80 = calls_for(sorted, pair->count, gap, 0.8);
    free(sorted);
}

double merit_quantile(double *values, size_t count, double share)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, by_number);
    return values[(size_t)(share * (double)(count - 1))];
}

struct eval_mean merit_ratio(const double *values, const double *of, size_t count)
{
    double found[RESAMPLES], sum = 0, whole = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        whole += of ? of[i] : 1;
    }
    for (uint64_t k = 0; k < RESAMPLES; k++) {
        double drawn = 0, drawn_of = 0;
        for (uint64_t i = 0; i < count; i++) {
            const uint64_t which[] = { k, i };
            size_t at = hash_bytes(which, sizeof which, 7) % count;
            drawn += values[at];
            drawn_of += of ? of[at] : 1;
        }
        found[k] = drawn_of > 0 ? drawn / drawn_of : 0;
    }
    return (struct eval_mean){ whole > 0 ? sum / whole : 0, merit_quantile(found, RESAMPLES, 0.025),
                               merit_quantile(found, RESAMPLES, 0.975) };
}

struct eval_mean merit_mean(const double *values, size_t count)
{
    return merit_ratio(values, NULL, count);
}
