/* scores.c - the sums twice: in plain C, and for processors that widen sixteen bytes in two steps.
 *
 * A long prompt has more than a thousand terms, and turning a term's sixteen weights of a byte each
 * into numbers is most of what it costs: the wide way takes a seventh of it. */
#include "scores.h"

#include <string.h>

void scores_step_plain(const struct predictor *predictor, const struct reading *reading,
                       const float *values, const float *dense, size_t first, float *ret_scores)
{
    float sum[PREDICTOR_HEADS_STEP] = { 0 };
    for (size_t i = 0; i < reading->ends[PART_COUNT - 1]; i++) {
        const int8_t *row = predictor->weights + reading->terms[i] * predictor->heads + first;
        for (size_t k = 0; k < PREDICTOR_HEADS_STEP; k++)
            sum[k] += values[i] * (float)row[k];
    }
    for (size_t k = 0; k < PREDICTOR_HEADS_STEP; k++)
        sum[k] *= predictor->scale[first + k];
    for (size_t i = 0; i < DENSE_COUNT; i++) {
        const float *row = predictor->dense_weights + i * predictor->heads + first;
        for (size_t k = 0; k < PREDICTOR_HEADS_STEP; k++)
            sum[k] += dense[i] * row[k];
    }
    for (size_t k = 0; k < PREDICTOR_HEADS_STEP; k++)
        ret_scores[first + k] = sum[k] + predictor->bias[first + k];
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Eight sums in each half. No fused steps: they would round otherwise than the plain way. */
__attribute__((target("avx2"))) static void step_of_avx2(const struct predictor *predictor,
                                                         const struct reading *reading,
                                                         const float *values, const float *dense,
                                                         size_t first, float *ret_scores)
{
    _Static_assert(PREDICTOR_HEADS_STEP == 16, "two halves of eight");
    const int8_t *weights = predictor->weights + first;
    const float *dense_weights = predictor->dense_weights + first;
    size_t heads = predictor->heads, count = reading->ends[PART_COUNT - 1];
    __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
    for (size_t i = 0; i < count; i++) {
        const int8_t *row = weights + reading->terms[i] * heads;
        __m256 value = _mm256_set1_ps(values[i]);
        __m256i bytes_low = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)row));
        __m256i bytes_high = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(row + 8)));
        low += value * _mm256_cvtepi32_ps(bytes_low);
        high += value * _mm256_cvtepi32_ps(bytes_high);
    }
    low *= _mm256_loadu_ps(predictor->scale + first);
    high *= _mm256_loadu_ps(predictor->scale + first + 8);
    for (size_t i = 0; i < DENSE_COUNT; i++) {
        __m256 value = _mm256_set1_ps(dense[i]);
        low += value * _mm256_loadu_ps(dense_weights + i * heads);
        high += value * _mm256_loadu_ps(dense_weights + i * heads + 8);
    }
    _mm256_storeu_ps(ret_scores + first, low + _mm256_loadu_ps(predictor->bias + first));
    _mm256_storeu_ps(ret_scores + first + 8, high + _mm256_loadu_ps(predictor->bias + first + 8));
}

scores_step *scores_step_wide(void)
{
    return __builtin_cpu_supports("avx2") ? step_of_avx2 : NULL;
}

#else

scores_step *scores_step_wide(void)
{
    return NULL;
}

#endif

void scores_add_up(const struct predictor *predictor, const struct reading *reading,
                   const float *values, const float *dense, float *ret_scores)
{
    scores_step *wide = scores_step_wide();
    scores_step *step = wide ? wide : scores_step_plain;
    for (size_t first = 0; first < predictor->heads; first += PREDICTOR_HEADS_STEP)
        step(predictor, reading, values, dense, first, ret_scores);
}
