/* words.c - the words of the catalogue: tasks, and what a model can do. */
#include "catalog/catalog.h"
#include "chat/request.h"

const struct schema_word task_words[] = {
    { "chat", TASK_CHAT, "Conversation, and whatever fits nowhere else." },
    { "coding", TASK_CODING, "Writing, repairing and explaining programs." },
    { "math", TASK_MATH, "Calculations and proofs." },
    { "reasoning", TASK_REASONING, "Puzzles, planning, deductions of several steps." },
    { "knowledge", TASK_KNOWLEDGE, "Questions about the world." },
    { "writing", TASK_WRITING, "Prose, poems, letters, advertising." },
    { "extraction", TASK_EXTRACTION, "Structured data out of text." },
    { "translation", TASK_TRANSLATION, "From one language into another." },
    { "summarization", TASK_SUMMARIZATION, "Long text made short." },
    { "rag", TASK_RAG, "Answers out of documents that come with the question." },
    { "tool_use", TASK_TOOL_USE, "Calling the tools that the client offers." },
    { NULL, 0, NULL },
};

const struct schema_word capability_words[] = {
    { "tools", NEED_TOOLS, "Calls functions." },
    { "vision", NEED_VISION, "Reads images." },
    { "json_schema", NEED_JSON_SCHEMA, "Answers in the form of a given JSON Schema." },
    { "parallel_tools", NEED_PARALLEL_TOOLS, "Calls several functions at once." },
    { "audio", NEED_AUDIO, "Listens or speaks." },
    { "reasoning", NEED_REASONING, "Thinks before it answers." },
    { "prefill", NEED_PREFILL, "Goes on with an answer that was begun for it." },
    { "logprobs", NEED_LOGPROBS, "Tells the probabilities of its tokens." },
    { NULL, 0, NULL },
};

const char *task_name(enum task task)
{
    return (unsigned)task < TASK_COUNT ? task_words[task].word : "unknown";
}
