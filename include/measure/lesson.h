/* lesson.h - outcome data becomes a corpus to train on. */
#ifndef BOURSE_MEASURE_LESSON_H
#define BOURSE_MEASURE_LESSON_H

#include "config/problems.h"
#include "measure/outcomes.h"
#include "train/trainer.h"

/* Which category of the data is which of our tasks; others keep their names. */
struct task_map {
    const char *from[PREDICTOR_TASKS_MAX * 4], *to[PREDICTOR_TASKS_MAX * 4];
    size_t count;
};

/* A YAML mapping `category: task`. False when there were problems. */
bool task_map_read(const char *path, struct arena *arena, struct problems *problems,
                   struct task_map *ret_map);
const char *task_map_find(const struct task_map *map, const char *category);

/* All rows with `wanted` (NULL: all). NULL with a sentence where there are too many categories.
 * Give it back with corpus_free. `map` may be NULL. */
struct corpus *corpus_of(const struct outcomes *outcomes, const bool *wanted,
                         const struct task_map *map, const char **ret_why);

#endif
