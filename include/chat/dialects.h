/* dialects.h - the languages in which providers are spoken to. */
#ifndef BOURSE_CHAT_DIALECTS_H
#define BOURSE_CHAT_DIALECTS_H

enum provider_dialect {
    DIALECT_OPENAI,
    DIALECT_MOCK, /* the built-in provider, which speaks OpenAI's */
    DIALECT_ANTHROPIC,
    DIALECT_GEMINI,
    DIALECT_BEDROCK,
    DIALECT_LANGUAGES, /* those behind speak OpenAI's at addresses of their own */
    DIALECT_AZURE = DIALECT_LANGUAGES,
    DIALECT_COUNT
};

static inline enum provider_dialect dialect_language(enum provider_dialect dialect)
{
    return dialect < DIALECT_LANGUAGES && dialect != DIALECT_MOCK ? dialect : DIALECT_OPENAI;
}

#endif
