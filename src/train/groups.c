/* groups.c - spherical k-means with a fixed start; categories dealt into groups by size. */
#include "groups.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "memory.h"

#define CLUSTER_ROUNDS   8
#define CLUSTER_ROWS_MIN 25 /* on average */
#define CATEGORIES_MIN   4  /* from here on leaving out categories teaches something */
#define CLUSTERS         6

int fold_of(size_t row, int folds)
{
    return (int)(hash_bytes(&row, sizeof row, 20240607) % (uint64_t)folds);
}

/* Centroids lie side by side: [READING_BUCKETS][count]. */
static void add_row(const struct vectors *vectors, size_t row, size_t count, size_t cluster,
                    float *centroids)
{
    const struct corpus *corpus = vectors->corpus;
    for (size_t i = corpus_begin(corpus, row); i < corpus_end(corpus, row); i++)
        centroids[corpus->terms[i] * count + cluster] += vectors->values[i];
}

static void normalise(float *centroids, size_t count)
{
    double squares[GROUPS_MAX] = { 0 };
    for (size_t i = 0; i < READING_BUCKETS; i++)
        for (size_t c = 0; c < count; c++)
            squares[c] += (double)centroids[i * count + c] * (double)centroids[i * count + c];
    for (size_t i = 0; i < READING_BUCKETS; i++)
        for (size_t c = 0; c < count; c++)
            centroids[i * count + c] *= squares[c] > 0 ? (float)(1 / sqrt(squares[c])) : 0;
}

static void similarities(const struct vectors *vectors, size_t row, size_t count,
                         const float *centroids, float *ret_similarity)
{
    const struct corpus *corpus = vectors->corpus;
    memset(ret_similarity, 0, count * sizeof *ret_similarity);
    for (size_t i = corpus_begin(corpus, row); i < corpus_end(corpus, row); i++)
        for (size_t c = 0; c < count; c++)
            ret_similarity[c] += vectors->values[i] * centroids[corpus->terms[i] * count + c];
}

static size_t nearest(const float *similarity, size_t count)
{
    size_t best = 0;
    for (size_t c = 1; c < count; c++)
        if (similarity[c] > similarity[best])
            best = c;
    return best;
}

/* The first row, then each time the row that is least like any taken so far. */
static void seed_centroids(const struct vectors *vectors, size_t count, float *centroids)
{
    float similarity[GROUPS_MAX];
    size_t next = 0;
    for (size_t taken = 0; taken < count; taken++) {
        add_row(vectors, next, count, taken, centroids);
        normalise(centroids, count);
        float least = INFINITY;
        for (size_t row = 0; row < vectors->corpus->rows; row++) {
            similarities(vectors, row, count, centroids, similarity);
            float most = similarity[nearest(similarity, taken + 1)];
            if (most < least) {
                least = most;
                next = row;
            }
        }
    }
}

size_t cluster_rows(const struct vectors *vectors, size_t wanted, int *ret_cluster)
{
    size_t rows = vectors->corpus->rows, count = rows / CLUSTER_ROWS_MIN;
    count = count < 1 ? 1 : count > wanted ? wanted : count;
    float *centroids = memory_zeroed(READING_BUCKETS * count, sizeof *centroids);
    float similarity[GROUPS_MAX];
    seed_centroids(vectors, count, centroids);
    for (int round = 0; round < CLUSTER_ROUNDS; round++) {
        for (size_t row = 0; row < rows; row++) {
            similarities(vectors, row, count, centroids, similarity);
            ret_cluster[row] = (int)nearest(similarity, count);
        }
        memset(centroids, 0, READING_BUCKETS * count * sizeof *centroids);
        for (size_t row = 0; row < rows; row++)
            add_row(vectors, row, count, (size_t)ret_cluster[row], centroids);
        normalise(centroids, count);
    }
    free(centroids);
    return count;
}

/* Each category goes to the group that has the fewest rows so far, the largest category first. */
static size_t deal(const struct corpus *corpus, const int *task, size_t tasks, int *ret_group)
{
    size_t sizes[PREDICTOR_TASKS_MAX] = { 0 }, filled[GROUPS_MAX] = { 0 };
    int group_of[PREDICTOR_TASKS_MAX];
    size_t groups = tasks < GROUPS_MAX ? tasks : GROUPS_MAX;
    for (size_t row = 0; row < corpus->rows; row++)
        if (task[row] >= 0)
            sizes[task[row]]++;
    memset(group_of, -1, sizeof group_of);
    for (size_t dealt = 0; dealt < tasks; dealt++) {
        size_t largest = tasks, emptiest = 0;
        for (size_t t = 0; t < tasks; t++)
            if (group_of[t] < 0 && (largest == tasks || sizes[t] > sizes[largest]))
                largest = t;
        for (size_t g = 1; g < groups; g++)
            if (filled[g] < filled[emptiest])
                emptiest = g;
        group_of[largest] = (int)emptiest;
        filled[emptiest] += sizes[largest] + 1;
    }
    for (size_t row = 0; row < corpus->rows; row++)
        ret_group[row] = task[row] >= 0 ? group_of[task[row]] : -1;
    return groups;
}

size_t group_rows(const struct vectors *vectors, const int *task, size_t tasks, int *ret_group,
                  bool *ret_clusters)
{
    *ret_clusters = tasks < CATEGORIES_MIN;
    size_t groups = *ret_clusters ? cluster_rows(vectors, CLUSTERS, ret_group)
                                  : deal(vectors->corpus, task, tasks, ret_group);
    return groups > 1 ? groups : 0;
}
