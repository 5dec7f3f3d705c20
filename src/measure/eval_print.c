/* eval_print.c - the figures of an evaluation for people, the best constant first, and as JSON. */
#include <math.h>

#include "measure/eval.h"

static double percent(double share)
{
    return 100 * share;
}

static void print_head(const struct eval_result *result, struct buffer *out)
{
    buffer_printf(out, "%zu prompts, %zu models", result->rows, result->models);
    if (result->models_passed_over)
        buffer_printf(out, "; %zu models passed over (no candidate, or asked too little)",
                      result->models_passed_over);
    if (result->rows_passed_over)
        buffer_printf(out, "; %zu prompts passed over (not all models were asked)",
                      result->rows_passed_over);
    buffer_printf(out, "\n\n%-34s %8s  %-17s %12s\n", "", "quality", "95% interval", "USD/1,000");
}

static void print_row(struct buffer *out, const char *name, const struct eval_mean *quality,
                      double cost)
{
    buffer_printf(out, "%-34.34s %8.4f  %.4f to %.4f %12.4f\n", name, quality->mean, quality->low,
                  quality->high, cost * 1000);
}

static void print_rows(const struct eval_result *result, struct buffer *out)
{
    char name[160];
    snprintf(name, sizeof name, "best constant: %s", result->constant);
    print_row(out, name, &result->constant_quality, result->constant_cost.mean);
    snprintf(name, sizeof name, "objective: %s", result->objective);
    print_row(out, name, &result->quality, result->cost.mean);
    buffer_printf(out, "%-34s %8.4f  %-17s %12.4f   (%+.2f%%, answer_value %.3g)\n",
                  "the sweep's best", result->sweep_quality, "", result->sweep_cost * 1000,
                  percent(result->sweep_quality / result->constant_quality.mean - 1),
                  result->sweep_answer_value);
}

static void print_savings(const struct eval_result *result, struct buffer *out)
{
    buffer_printf(out, "\ncost saved, of the best constant's, at the sweep's first point with\n");
    for (int k = 0; k < EVAL_SHARES; k++) {
        const struct eval_sweep *saved = &result->saved[k];
        buffer_printf(out, "  %3.0f%% of its quality: ", percent(saved->share));
        if (isnan(saved->saved))
            buffer_printf(out, "never reached, or costs are not known\n");
        else
            buffer_printf(out, "%5.1f%%   (quality %.4f, answer_value %.3g)\n",
                          percent(saved->saved), saved->quality, saved->answer_value);
    }
}

static void print_target(const struct eval_result *result, struct buffer *out)
{
    const struct eval_mean *target = &result->target_quality;
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < result->part_count; i++) {
        const struct eval_part *part = &result->parts[i];
        double kept =
            part->constant_quality > 0 ? part->target_quality / part->constant_quality : 1;
        least = fmin(least, kept);
        most = fmax(most, kept);
    }
    buffer_printf(out,
                  "\nquality_target: 98%%, settled on the training part: %.2f%% of the best "
                  "constant's quality\n  (95%% interval %.2f to %.2f; parts %.1f to %.1f), %.1f%% "
                  "saved\n",
                  percent(target->mean), percent(target->low), percent(target->high),
                  percent(least), percent(most), percent(result->target_saved));
}

static double oracle_share(const struct eval_result *result)
{
    double span = result->aiq_oracle - result->aiq_constants;
    return span > 0 ? (result->aiq - result->aiq_constants) / span : 0;
}

static void print_merits(const struct eval_result *result, struct buffer *out)
{
    buffer_printf(
        out, "\nAIQ %.4f; of constants %.4f, of the oracle %.4f: %.1f%% of the oracle's gain\n",
        result->aiq, result->aiq_constants, result->aiq_oracle, percent(oracle_share(result)));
    if (result->has_pair)
        buffer_printf(out, "APGR %.3f, CPT(50%%) %.1f%%, CPT(80%%) %.1f%%\n", result->apgr,
                      percent(result->cpt50), percent(result->cpt80));
    buffer_printf(out, "decision: %.1f us median, %.1f us p99\n", result->decision_median_us,
                  result->decision_p99_us);
}

static void print_models(const struct eval_result *result, struct buffer *out)
{
    buffer_printf(out, "\n%-34s %8s %12s %8s %12s\n", "model", "quality", "USD/1,000", "chosen",
                  "calibration");
    for (size_t m = 0; m < result->models; m++) {
        const struct eval_model *model = &result->by_model[m];
        buffer_printf(out, "%-34.34s %8.4f %12.4f %7.1f%% %12.3f\n", model->name, model->quality,
                      model->cost * 1000, percent((double)model->chosen / (double)result->rows),
                      model->calibration.error);
    }
}

static void print_parts(const struct eval_result *result, struct buffer *out)
{
    buffer_printf(out, "\n%-24s %8s  %-34s %8s %8s\n", "tested on", "prompts", "best constant",
                  "its", "ours");
    for (size_t i = 0; i < result->part_count; i++) {
        const struct eval_part *part = &result->parts[i];
        buffer_printf(out, "%-24.24s %8zu  %-34.34s %8.4f %8.4f\n", part->name, part->rows,
                      part->constant, part->constant_quality, part->quality);
    }
}

static const char *verdict(const struct eval_result *result)
{
    return result->gain.low > 0 ? "better than" : result->gain.high < 0 ? "worse than" : "equal to";
}

static void print_end(const struct eval_result *result, struct buffer *out)
{
    buffer_printf(out,
                  "\nObjective %s is %s the best constant in quality: %+.2f%% (95%% interval "
                  "%+.2f%% to %+.2f%%)",
                  result->objective, verdict(result), percent(result->gain.mean),
                  percent(result->gain.low), percent(result->gain.high));
    if (result->constant_cost.mean > 0)
        buffer_printf(out, ", at %.0f%% of its cost",
                      percent(result->cost.mean / result->constant_cost.mean));
    buffer_printf(out, ".\n");
}

void eval_print(const struct eval_result *result, struct buffer *out)
{
    print_head(result, out);
    print_rows(result, out);
    print_savings(result, out);
    print_target(result, out);
    print_merits(result, out);
    print_models(result, out);
    print_parts(result, out);
    print_end(result, out);
}

/* ---- JSON ---- */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *mean_json(const struct eval_mean *mean)
{
    return json_pack("{s:o, s:o, s:o}", "mean", number(mean->mean), "low", number(mean->low),
                     "high", number(mean->high));
}

static json_t *calibration_json(const struct eval_calibration *calibration)
{
    json_t *bins = json_array();
    for (int i = 0; i < EVAL_BINS; i++)
        json_array_append_new(
            bins, json_pack("{s:f, s:f, s:I}", "predicted", calibration->predicted[i], "observed",
                            calibration->observed[i], "count", (json_int_t)calibration->count[i]));
    return json_pack("{s:f, s:o}", "error", calibration->error, "bins", bins);
}

static json_t *models_json(const struct eval_result *result)
{
    json_t *models = json_array();
    for (size_t m = 0; m < result->models; m++) {
        const struct eval_model *model = &result->by_model[m];
        json_array_append_new(models, json_pack("{s:s, s:f, s:f, s:I, s:o}", "model", model->name,
                                                "quality", model->quality, "cost_usd", model->cost,
                                                "chosen", (json_int_t)model->chosen, "calibration",
                                                calibration_json(&model->calibration)));
    }
    return models;
}

static json_t *parts_json(const struct eval_result *result)
{
    json_t *parts = json_array();
    for (size_t i = 0; i < result->part_count; i++) {
        const struct eval_part *part = &result->parts[i];
        json_array_append_new(
            parts, json_pack("{s:s, s:I, s:s?, s:f, s:f, s:f}", "name", part->name, "prompts",
                             (json_int_t)part->rows, "best_constant", part->constant,
                             "best_constant_quality", part->constant_quality, "quality",
                             part->quality, "quality_target_98", part->target_quality));
    }
    return parts;
}

static json_t *sweep_json(const struct eval_result *result)
{
    json_t *curve = json_array(), *saved = json_array();
    for (size_t i = 0; i < result->curve_count; i++)
        json_array_append_new(curve, json_pack("[f, f, f]", result->curve[i][0],
                                               result->curve[i][1], result->curve[i][2]));
    for (int k = 0; k < EVAL_SHARES; k++) {
        const struct eval_sweep *point = &result->saved[k];
        json_array_append_new(saved,
                              json_pack("{s:f, s:o, s:o, s:o}", "share", point->share,
                                        "answer_value", number(point->answer_value), "quality",
                                        number(point->quality), "saved", number(point->saved)));
    }
    return json_pack("{s:f, s:f, s:f, s:o, s:o}", "best_quality", result->sweep_quality,
                     "best_answer_value", result->sweep_answer_value, "best_cost_usd",
                     result->sweep_cost, "saved", saved, "curve_value_quality_cost", curve);
}

json_t *eval_json(const struct eval_result *result)
{
    json_t *document = json_object();
    json_object_set_new(document, "best_constant",
                        json_pack("{s:s, s:o, s:o}", "model", result->constant, "quality",
                                  mean_json(&result->constant_quality), "cost_usd",
                                  mean_json(&result->constant_cost)));
    json_object_set_new(document, "objective",
                        json_pack("{s:s, s:o, s:o, s:o, s:s}", "name", result->objective, "quality",
                                  mean_json(&result->quality), "cost_usd", mean_json(&result->cost),
                                  "gain", mean_json(&result->gain), "verdict", verdict(result)));
    json_object_set_new(document, "quality_target_98",
                        json_pack("{s:o, s:o}", "share_of_quality",
                                  mean_json(&result->target_quality), "saved",
                                  number(result->target_saved)));
    json_object_set_new(document, "sweep", sweep_json(result));
    json_object_set_new(document, "aiq",
                        json_pack("{s:f, s:f, s:f, s:f}", "router", result->aiq, "constants",
                                  result->aiq_constants, "oracle", result->aiq_oracle,
                                  "share_of_oracle_gain", oracle_share(result)));
    json_object_set_new(document, "pair",
                        result->has_pair
                            ? json_pack("{s:f, s:f, s:f}", "apgr", result->apgr, "cpt_50",
                                        result->cpt50, "cpt_80", result->cpt80)
                            : json_null());
    json_object_set_new(document, "decision_us",
                        json_pack("{s:f, s:f}", "median", result->decision_median_us, "p99",
                                  result->decision_p99_us));
    json_object_set_new(document, "models", models_json(result));
    json_object_set_new(document, "parts", parts_json(result));
    json_object_set_new(document, "prompts", json_integer((json_int_t)result->rows));
    json_object_set_new(document, "prompts_passed_over",
                        json_integer((json_int_t)result->rows_passed_over));
    json_object_set_new(document, "models_passed_over",
                        json_integer((json_int_t)result->models_passed_over));
    return document;
}
