/* memory.h - large arrays of a training; without memory the process ends with a message. */
#ifndef BOURSE_TRAIN_MEMORY_H
#define BOURSE_TRAIN_MEMORY_H

#include <stddef.h>

void *memory_zeroed(size_t count, size_t size);
void *memory_again(void *block, size_t count, size_t size);
char *memory_string(const char *string);

#endif
