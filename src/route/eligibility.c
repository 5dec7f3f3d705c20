/* eligibility.c - who may not or cannot answer this request, and why. The first reason is told. */
#include "catalog/dialects.h"
#include "catalog/manners.h"
#include "deciding.h"

void rule_out(struct candidate *candidate, enum ruled_out reason, const char *detail)
{
    candidate->ruled_out = reason;
    candidate->detail = detail;
}

const char *grouped(struct arena *arena, int64_t number)
{
    char digits[24], out[32];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)number);
    int at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
            out[at++] = ',';
        out[at++] = digits[i];
    }
    return arena_string_of(arena, (struct text){ out, (size_t)at });
}

static bool check_rules(const struct deciding *deciding, struct candidate *candidate)
{
    for (size_t i = 0; i < deciding->rule_count; i++) {
        const struct rule *rule = deciding->rules[i];
        bool not_among = rule->only.count && !model_list_has(&rule->only, candidate->model);
        if (not_among || rule->deny || model_list_has(&rule->exclude, candidate->model)) {
            rule_out(candidate, RULED_OUT_RULE,
                     arena_printf(deciding->arena, "rule \"%s\" %s", rule->name,
                                  rule->deny  ? "denies the request"
                                  : not_among ? "allows only others"
                                              : "excludes it"));
            return false;
        }
    }
    return true;
}

static bool names_have(const struct chat_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (text_is_nocase(names->items[i], name))
            return true;
    }
    return false;
}

static bool above(double price, double most)
{
    return most >= 0 && price > most;
}

static bool check_wishes(const struct deciding *deciding, struct candidate *candidate)
{
    const struct chat_provider_wishes *wishes = &deciding->question->request->wishes;
    const char *provider = candidate->model->provider->object.name;
    const struct price *price = &candidate->model->price;
    bool closed = wishes->has_allow_fallbacks && !wishes->allow_fallbacks && wishes->order.count;
    const char *why = NULL;
    if (wishes->only.count && !names_have(&wishes->only, provider))
        why = "the request allows only other providers";
    else if (names_have(&wishes->ignore, provider))
        why = "the request ignores its provider";
    else if (closed && !names_have(&wishes->order, provider))
        why = "the request allows no other providers than those of its order";
    else if (above(price->input, wishes->max_price_in) ||
             above(price->output, wishes->max_price_out))
        why = "its price is above the request's max_price";
    if (why)
        rule_out(candidate, RULED_OUT_WISH, why);
    else if ((wishes->max_price_in >= 0 && price->input < 0) ||
             (wishes->max_price_out >= 0 && price->output < 0))
        rule_out(candidate, RULED_OUT_UNKNOWN_PRICE,
                 "the request has a max_price and its price is not known");
    return !candidate->ruled_out;
}

static bool check_size(const struct deciding *deciding, struct candidate *candidate)
{
    const struct model *model = candidate->model;
    const struct chat_request *request = deciding->question->request;
    int64_t output = request->max_output_tokens > 0 ? request->max_output_tokens : 0;
    int64_t input = candidate->tokens_in_safe;
    if (model->context_window >= 0 && input > model->context_window - output)
        rule_out(candidate, RULED_OUT_CONTEXT,
                 arena_printf(deciding->arena,
                              "needs %s tokens and %s for the answer, window is %s",
                              grouped(deciding->arena, input), grouped(deciding->arena, output),
                              grouped(deciding->arena, model->context_window)));
    else if (model->max_output_tokens >= 0 && output > model->max_output_tokens)
        rule_out(candidate, RULED_OUT_MAX_OUTPUT,
                 arena_printf(deciding->arena, "%s tokens are asked for, it gives at most %s",
                              grouped(deciding->arena, output),
                              grouped(deciding->arena, model->max_output_tokens)));
    return !candidate->ruled_out;
}

static bool check_capabilities(const struct deciding *deciding, struct candidate *candidate)
{
    const struct model *model = candidate->model;
    uint32_t missing = deciding->question->request->needs & ~model->capabilities;
    if (!model->capabilities_known || !missing)
        return true;
    const char *list = "";
    for (const struct schema_word *word = capability_words; word->word; word++) {
        if (missing & (uint32_t)word->value)
            list = arena_printf(deciding->arena, "%s%s%s", list, *list ? ", " : "", word->word);
    }
    rule_out(candidate, RULED_OUT_CAPABILITY, arena_printf(deciding->arena, "cannot do: %s", list));
    return false;
}

static const char *names_of(uint64_t fields, struct arena *arena)
{
    struct buffer names;
    buffer_init(&names, 64 * FIELD_COUNT);
    fields_print(fields, ", ", &names);
    const char *string = arena_string_of(arena, buffer_text(&names));
    buffer_clear(&names);
    return string;
}

static bool check_endpoint(const struct deciding *deciding, struct candidate *candidate)
{
    int dialect = candidate->model->provider->dialect;
    enum endpoint endpoint = deciding->question->request->endpoint;
    if (provider_answers(candidate->model->provider, endpoint))
        return true;
    rule_out(candidate, RULED_OUT_DIALECT,
             arena_printf(deciding->arena, "its provider's dialect, %s, has no %s",
                          dialect_row(dialect)->word, endpoint_name(endpoint)));
    return false;
}

/* What is essential must not be lost, and where the route is strict nothing may be. */
static bool check_loss(const struct deciding *deciding, struct candidate *candidate)
{
    const bool is_strict = deciding->question->route->strict;
    candidate->lost = model_loses(candidate->model, deciding->question->request);
    uint64_t missed = is_strict ? candidate->lost : fields_essential(candidate->lost);
    if (!missed)
        return true;
    rule_out(candidate, RULED_OUT_DIALECT,
             arena_printf(deciding->arena, "its provider's dialect, %s, cannot carry: %s%s",
                          dialect_row(candidate->model->provider->dialect)->word,
                          names_of(missed, deciding->arena),
                          is_strict ? " (the route is strict)" : ""));
    return false;
}

static bool check_dialect(const struct deciding *deciding, struct candidate *candidate)
{
    return check_endpoint(deciding, candidate) && check_loss(deciding, candidate);
}

static bool check_constraints(const struct deciding *deciding, struct candidate *candidate)
{
    const struct constraints *constraints = &deciding->decision->constraints;
    struct arena *arena = deciding->arena;
    if (constraints->min_quality >= 0 &&
        candidate->quality < constraints->min_quality - QUALITY_ROUNDING)
        rule_out(candidate, RULED_OUT_MIN_QUALITY,
                 arena_printf(arena, "quality %.3f is below %.3f", candidate->quality,
                              constraints->min_quality));
    else if (constraints->max_cost >= 0 && candidate->price_source == SOURCE_ASSUMED)
        rule_out(candidate, RULED_OUT_UNKNOWN_PRICE,
                 "there is a max_cost and its price is not known");
    else if (constraints->max_cost >= 0 && candidate->cost > constraints->max_cost)
        rule_out(candidate, RULED_OUT_MAX_COST,
                 arena_printf(arena, "expected to cost $%.6f, at most $%.6f is allowed",
                              candidate->cost, constraints->max_cost));
    else if (constraints->max_first_token_ms >= 0 &&
             candidate->first_token_ms > (double)constraints->max_first_token_ms)
        rule_out(candidate, RULED_OUT_FIRST_TOKEN,
                 arena_printf(arena, "first token expected after %s ms, at most %s are allowed",
                              grouped(arena, (int64_t)candidate->first_token_ms),
                              grouped(arena, constraints->max_first_token_ms)));
    return !candidate->ruled_out;
}

/* Only where the YAML names a key: a local provider needs none. */
static bool check_key(const struct deciding *deciding, struct candidate *candidate)
{
    const struct provider *provider = candidate->model->provider;
    const bool signs = yaml_find(provider->object.node, "secret_access_key") != NULL;
    const char *name = signs ? "secret_access_key" : "api_key";
    if (!deciding->question->keys_required ||
        secret_is_set(signs ? provider->secret_access_key : provider->api_key) ||
        !yaml_find(provider->object.node, name))
        return true;
    rule_out(candidate, RULED_OUT_NO_KEY,
             arena_printf(deciding->arena, "its provider's %s is not set", name));
    return false;
}

void eligibility_check(const struct deciding *deciding, struct candidate *candidate)
{
    if (check_rules(deciding, candidate) && check_wishes(deciding, candidate) &&
        check_dialect(deciding, candidate) && check_size(deciding, candidate) &&
        check_capabilities(deciding, candidate) && check_constraints(deciding, candidate))
        check_key(deciding, candidate);
}
