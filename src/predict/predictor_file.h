/* predictor_file.h - what the writer and the reader of a predictor's file agree on.
 *
 *     magic, version, recipe, sizes │ names, report │ tables of numbers │ SHA-256 of all before
 *
 * Numbers are little-endian. */
#ifndef BOURSE_PREDICT_PREDICTOR_FILE_H
#define BOURSE_PREDICT_PREDICTOR_FILE_H

#include "predict/predictor.h"

#define PREDICTOR_MAGIC   "bourse predictor\n"
#define PREDICTOR_VERSION 5

#define PREDICTOR_DIGEST 32 /* bytes */

void predictor_file_digest(struct text bytes, uint8_t ret_digest[PREDICTOR_DIGEST],
                           char ret_hex[65]);

#endif
