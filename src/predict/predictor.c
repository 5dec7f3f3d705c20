/* predictor.c - the formula, term by term. */
#include "predict/predictor.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "scores.h"

#define DENSE_CLIP  4.0f
#define SIGNAL_CLIP 3.0f

/* What part of its lead over any other model the best mean keeps in an unfamiliar place. */
#define LEAD_KEPT 0.5f

/* A gain of so much in quality, expected, earns full trust. */
#define GAIN_FULL 0.02f

/* So much beyond the range of the training nothing is earned any more. */
#define OUTSIDE 1.25f

/* The user's words weigh most. */
static const float part_weight[PART_COUNT] = { 1.0f, 0.4f, 0.25f };

static float clip(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

/* Each part has its weight as length: a long system prompt does not drown a short question. Terms
 * that training never saw count in the length, so that strange words make known ones weigh less. */
static void value_part(const struct predictor *predictor, const uint16_t *terms, size_t count,
                       float weight, float *ret_values)
{
    uint32_t sum = 0; /* of 8,000 squares of bytes at most */
    for (size_t i = 0; i < count; i++) {
        uint32_t idf = predictor->idf[terms[i]];
        sum += idf * idf;
    }
    float factor = sum > 0 ? weight / sqrtf((float)sum) : 0;
    for (size_t i = 0; i < count; i++)
        ret_values[i] = factor * predictor->idf[terms[i]];
}

static void value_dense(const struct predictor *predictor, const float *dense, float *ret_dense,
                        struct nearness *ret_nearness)
{
    float sum = 0;
    for (size_t i = 0; i < DENSE_COUNT; i++) {
        float scale = predictor->dense_scale[i];
        float z = clip((dense[i] - predictor->dense_mean[i]) * scale, -DENSE_CLIP, DENSE_CLIP);
        ret_dense[i] = PREDICTOR_DENSE_WEIGHT * z;
        sum += z * z;
    }
    ret_nearness->distance = sqrtf(sum / DENSE_COUNT);
}

/* A text without terms has nothing unknown. */
static float known_share(const struct predictor *predictor, const struct reading *reading)
{
    uint32_t known = 0, all = 0;
    for (size_t i = 0; i < reading->ends[PART_USER]; i++) {
        uint32_t idf = predictor->idf[reading->terms[i]];
        all += idf;
        known += idf < predictor->idf_rare ? idf : 0;
    }
    return all > 0 ? (float)known / (float)all : 1;
}

void predictor_vector(const struct predictor *predictor, const struct reading *reading,
                      float *ret_values, float ret_dense[DENSE_COUNT],
                      struct nearness *ret_nearness)
{
    size_t begin = 0;
    for (int part = 0; part < PART_COUNT; part++) {
        float weight = predictor->part_used[part] ? part_weight[part] : 0;
        size_t count = reading->ends[part] - begin;
        value_part(predictor, reading->terms + begin, count, weight, ret_values + begin);
        begin = reading->ends[part];
    }
    value_dense(predictor, reading->dense, ret_dense, ret_nearness);
    ret_nearness->known = known_share(predictor, reading);
}

void predictor_softmax(const float *scores, size_t count, float temperature, float *ret_chance)
{
    float top = count ? scores[0] : 0, sum = 0;
    for (size_t i = 1; i < count; i++)
        top = fmaxf(top, scores[i]);
    for (size_t i = 0; i < count; i++)
        sum += ret_chance[i] = expf((scores[i] - top) * temperature);
    for (size_t i = 0; i < count; i++)
        ret_chance[i] /= sum;
}

void predictor_signals(const float *scores, const float *chance, size_t tasks, float distance,
                       float ret_signals[SIGNAL_COUNT])
{
    float top = 0, second = 0, entropy = 0, all = 0, likeliest = 0;
    for (size_t i = 0; i < tasks; i++) {
        if (i == 0 || scores[i] > top) {
            second = i ? top : 0;
            top = scores[i];
        } else if (i == 1 || scores[i] > second) {
            second = scores[i];
        }
        all += fabsf(scores[i]);
        likeliest = fmaxf(likeliest, chance[i]);
        entropy -= chance[i] * logf(chance[i] + 1e-9f);
    }
    ret_signals[SIGNAL_TOP] = top;
    ret_signals[SIGNAL_MARGIN] = top - second;
    ret_signals[SIGNAL_ENTROPY] = entropy;
    ret_signals[SIGNAL_DISTANCE] = distance;
    ret_signals[SIGNAL_SCATTER] = all - fabsf(top);
    ret_signals[SIGNAL_CHANCE] = likeliest;
}

/* Straight between two knots, and on beyond the outermost. */
float predictor_calibrate(const struct predictor_model *model, float raw)
{
    size_t upper = 1;
    if (model->knots < 2)
        return clip(raw, 0, 1);
    while (upper + 1 < model->knots && raw > model->from[upper])
        upper++;
    float width = model->from[upper] - model->from[upper - 1];
    float share = (raw - model->from[upper - 1]) / width;
    float rise = model->to[upper] - model->to[upper - 1];
    return clip(model->to[upper - 1] + share * rise, 0, 1);
}

static float ratio(float part, float whole)
{
    return whole > 0 ? clip(part / whole, 0, 1) : 1;
}

/* Where the reference falls, it may fall by half of its lead over those that do not fall with it.
 */
static float safe_fall(const float *means, const float *deviations, size_t models, size_t reference)
{
    float safe = 1;
    for (size_t i = 0; i < models; i++) {
        float kept = (1 - LEAD_KEPT) * (means[reference] - means[i]);
        if (i != reference)
            safe = fminf(safe, ratio(kept - fminf(deviations[i], 0), -deviations[reference]));
    }
    return safe;
}

void predictor_safe(const float *means, const float *deviations, size_t models, size_t reference,
                    float *ret_safe)
{
    float fall = safe_fall(means, deviations, models, reference);
    for (size_t i = 0; i < models; i++) {
        float kept = (1 - LEAD_KEPT) * (means[reference] - means[i]);
        ret_safe[i] = ratio(kept + fall * deviations[reference], deviations[i]);
    }
    if (models)
        ret_safe[reference] = fall;
}

size_t predictor_likeliest(const float *chance, size_t tasks)
{
    size_t likeliest = 0;
    for (size_t t = 1; t < tasks; t++)
        likeliest = chance[t] > chance[likeliest] ? t : likeliest;
    return likeliest;
}

float predictor_earned(const struct predictor_trust *trust, const float signals[SIGNAL_COUNT],
                       size_t likeliest)
{
    float gain = trust->bias + trust->task[likeliest];
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        gain += trust->weight[i] *
                clip((signals[i] - trust->mean[i]) * trust->scale[i], -SIGNAL_CLIP, SIGNAL_CLIP);
    return clip(gain / GAIN_FULL, 0, 1);
}

float predictor_within(const struct predictor_trust *trust, const struct nearness *nearness)
{
    float far = trust->distance_most * OUTSIDE, little = trust->known_least / OUTSIDE;
    float near = far > trust->distance_most
                     ? clip((far - nearness->distance) / (far - trust->distance_most), 0, 1)
                     : 0;
    float known = trust->known_least > little
                      ? clip((nearness->known - little) / (trust->known_least - little), 0, 1)
                      : 1;
    return fminf(near, known);
}

static void predict_raw(const struct predictor *predictor, const float *residuals,
                        struct assessment *assessment)
{
    for (size_t m = 0; m < predictor->model_count; m++) {
        const struct predictor_model *model = &predictor->models[m];
        struct prediction *prediction = &assessment->models[m];
        float task = 0;
        for (size_t t = 0; t < predictor->task_count; t++)
            task += assessment->chance[t] * (model->profile[t] - model->mean);
        prediction->mean = model->mean;
        prediction->task = task;
        prediction->residual = residuals[m];
        prediction->calibrated =
            predictor_calibrate(model, model->mean + task + prediction->residual);
    }
}

static void settle_trust(const struct predictor *predictor, const struct nearness *nearness,
                         struct assessment *assessment)
{
    float means[PREDICTOR_MODELS_MAX] = { 0 }, deviations[PREDICTOR_MODELS_MAX] = { 0 };
    float safe[PREDICTOR_MODELS_MAX];
    for (size_t m = 0; m < predictor->model_count; m++) {
        means[m] = assessment->models[m].mean;
        deviations[m] = assessment->models[m].calibrated - means[m];
    }
    predictor_safe(means, deviations, predictor->model_count, predictor->reference, safe);
    size_t likeliest = predictor_likeliest(assessment->chance, predictor->task_count);
    assessment->earned = predictor_earned(&predictor->trust, assessment->signals, likeliest) *
                         predictor_within(&predictor->trust, nearness);
    for (size_t m = 0; m < predictor->model_count; m++) {
        struct prediction *prediction = &assessment->models[m];
        prediction->safe = safe[m];
        prediction->trust = fmaxf(safe[m], assessment->earned);
        prediction->quality = means[m] + prediction->trust * deviations[m];
    }
}

void predictor_assess(const struct predictor *predictor, const struct reading *reading,
                      struct assessment *ret_assessment)
{
    float values[READING_TERMS_MAX], dense[DENSE_COUNT];
    struct nearness nearness;
    float scores[PREDICTOR_HEADS_MAX];
    assert(reading->ends[PART_COUNT - 1] <= READING_TERMS_MAX);
    predictor_vector(predictor, reading, values, dense, &nearness);
    scores_add_up(predictor, reading, values, dense, scores);
    predictor_softmax(scores, predictor->task_count, predictor->temperature,
                      ret_assessment->chance);
    if (!predictor->model_count) { /* it only tells tasks apart */
        ret_assessment->earned = 0;
        memset(ret_assessment->signals, 0, sizeof ret_assessment->signals);
        return;
    }
    predictor_signals(scores, ret_assessment->chance, predictor->task_count, nearness.distance,
                      ret_assessment->signals);
    predict_raw(predictor, scores + predictor->task_count, ret_assessment);
    settle_trust(predictor, &nearness, ret_assessment);
}

int predictor_find_model(const struct predictor *predictor, struct text name)
{
    for (size_t m = 0; m < predictor->model_count; m++) {
        if (text_is(name, predictor->models[m].name))
            return (int)m;
    }
    return -1;
}
