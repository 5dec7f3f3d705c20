/* words.c - the words of the catalogue: tasks, and what a model can do. */
#include "catalog/catalog.h"
#include "chat/request.h"

const struct schema_word task_words[] = {
    { "chat", TASK_CHAT, "conversation, and whatever fits nowhere else" },
    { "coding", TASK_CODING, "writing, repairing and explaining programs" },
    { "math", TASK_MATH, "calculations and proofs" },
    { "reasoning", TASK_REASONING, "puzzles, planning, deductions of several steps" },
    { "knowledge", TASK_KNOWLEDGE, "questions about the world" },
    { "writing", TASK_WRITING, "prose, poems, letters, advertising" },
    { "extraction", TASK_EXTRACTION, "structured data out of text" },
    { "translation", TASK_TRANSLATION, "from one language into another" },
    { "summarization", TASK_SUMMARIZATION, "long text made short" },
    { "rag", TASK_RAG, "answers out of documents that come with the question" },
    { "tool_use", TASK_TOOL_USE, "calling the tools that the client offers" },
    { NULL, 0, NULL },
};

const struct schema_word capability_words[] = {
    { "tools", NEED_TOOLS, "calls functions" },
    { "vision", NEED_VISION, "reads images" },
    { "json_schema", NEED_JSON_SCHEMA, "answers in the form of a given JSON Schema" },
    { "parallel_tools", NEED_PARALLEL_TOOLS, "calls several functions at once" },
    { "audio", NEED_AUDIO, "listens or speaks" },
    { "reasoning", NEED_REASONING, "thinks before it answers" },
    { "prefill", NEED_PREFILL, "goes on with an answer that was begun for it" },
    { "logprobs", NEED_LOGPROBS, "tells the probabilities of its tokens" },
    { NULL, 0, NULL },
};

const char *task_name(enum task task)
{
    return (unsigned)task < TASK_COUNT ? task_words[task].word : "unknown";
}

static const double usual_tokens[TASK_COUNT] = {
    [TASK_CHAT] = 150,       [TASK_CODING] = 600,      [TASK_MATH] = 450,
    [TASK_REASONING] = 500,  [TASK_KNOWLEDGE] = 300,   [TASK_WRITING] = 700,
    [TASK_EXTRACTION] = 200, [TASK_TRANSLATION] = 250, [TASK_SUMMARIZATION] = 300,
    [TASK_RAG] = 250,        [TASK_TOOL_USE] = 120,
};

double task_usual_tokens(enum task task)
{
    return usual_tokens[task];
}
