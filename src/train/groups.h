/* groups.h - which rows are held out together: folds at random, and groups of a kind. */
#ifndef BOURSE_TRAIN_GROUPS_H
#define BOURSE_TRAIN_GROUPS_H

#include "corpus.h"

#define FOLDS      4
#define GROUPS_MAX 16

/* A number below `folds`, the same for a row in every run. */
int fold_of(size_t row, int folds);

/* Rows of a kind, by their words: `ret_cluster[row]` below the returned number of clusters, which
 * is at most `wanted` and less where there are few rows. */
size_t cluster_rows(const struct vectors *vectors, size_t wanted, int *ret_cluster);

/* Groups of whole categories to leave out in turn; where there are too few categories to learn
 * from, clusters. -1: in no group. Returns how many groups; 0 where there is nothing to learn. */
size_t group_rows(const struct vectors *vectors, const int *task, size_t tasks, int *ret_group,
                  bool *ret_clusters);

#endif
