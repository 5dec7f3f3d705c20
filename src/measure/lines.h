/* lines.h - a text file line by line, gzipped or not. */
#ifndef BOURSE_MEASURE_LINES_H
#define BOURSE_MEASURE_LINES_H

#include "base/arena.h"
#include "base/text.h"

/* False, with the reason in *ret_why, ends the reading. */
typedef bool line_sink(void *context, struct text line, const char **ret_why);

/* False with "NAME:LINE: why" in *ret_why, in the arena. */
bool lines_read_file(const char *path, size_t line_max, line_sink *sink, void *context,
                     struct arena *arena, const char **ret_why);
bool lines_read_text(struct text text, const char *name, line_sink *sink, void *context,
                     struct arena *arena, const char **ret_why);

#endif
