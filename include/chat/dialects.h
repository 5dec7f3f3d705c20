/* dialects.h - the languages in which providers are spoken to. */
#ifndef BOURSE_CHAT_DIALECTS_H
#define BOURSE_CHAT_DIALECTS_H

enum provider_dialect {
    DIALECT_OPENAI,
    DIALECT_MOCK, /* the built-in provider, which speaks OpenAI's */
    DIALECT_ANTHROPIC,
    DIALECT_COUNT
};

#endif
