/* cues.c - the words that speak for a task, a language or a programming language. */
#include "catalog/catalog.h"
#include "lexicon.h"

/* clang-format off */
const struct cue_row cue_rows[] = {
    /* kind, task, name, weight, words */
    { CUE_TASK, TASK_CODING, NULL, 2.2f,
      "python, javascript, typescript, golang, rust, kotlin, bash, sql, html, css, java, regex, "
      "refactor, debug, segfault, compile, compiler, stacktrace, traceback, unittest, pytest, "
      "unit test, unit tests, pull request, code review, source code, stack trace, syntax error" },
    { CUE_TASK, TASK_CODING, NULL, 1.2f,
      "code, function, class, method, bug, script, program, algorithm, api, variable, loop, array, "
      "struct, pointer, recursion, implement, library, repository, git, docker, kubernetes, exception, "
      "null, async, thread, mutex, endpoint, json, yaml, query, database, def, return, #include, "
      "printf, import, const, void, funktion, programm, fonction" },
    { CUE_TASK, TASK_MATH, NULL, 2.2f,
      "integral, derivative, equation, equations, theorem, lemma, polynomial, matrix, eigenvalue, "
      "probability, algebra, geometry, calculus, trigonometry, modulo, factorial, logarithm, "
      "differentiate, integrate, gleichung, équation, how many, solve for, square root, "
      "per cent, divided by, least common, greatest common" },
    { CUE_TASK, TASK_MATH, NULL, 1.0f,
      "solve, calculate, compute, sum, product, prime, integer, integers, triangle, circle, radius, "
      "angle, percent, ratio, fraction, average, total, prove, proof, cost, costs, each, twice, half, "
      "frac, sqrt, cdot, berechne, calcule, calcula, much" },
    { CUE_TASK, TASK_REASONING, NULL, 1.8f,
      "puzzle, riddle, deduce, infer, premise, premises, syllogism, paradox, logically, reasoning, "
      "step by, by step, trade-offs, therefore, contradiction, which option, must be, who lives, "
      "consider the, think carefully" },
    { CUE_TASK, TASK_REASONING, NULL, 0.8f,
      "why, logic, analyze, analyse, compare, evaluate, argument, assume, implies, conclude, strategy, "
      "plan, decide, warum, pourquoi" },
    { CUE_TASK, TASK_KNOWLEDGE, NULL, 1.5f,
      "what is, what are, who was, who is, who wrote, when did, when was, where is, which country, "
      "capital of, define, definition, history, meaning of, was ist, wer war, qu'est-ce, qué es, "
      "tell me, explain what" },
    { CUE_TASK, TASK_KNOWLEDGE, NULL, 0.7f,
      "explain, describe, what, who, when, where, which, science, biology, chemistry, physics, "
      "medicine, law, country, president, war, century, population, disease" },
    { CUE_TASK, TASK_WRITING, NULL, 2.2f,
      "poem, essay, haiku, story, novel, lyrics, sonnet, limerick, slogan, tagline, blog post, "
      "cover letter, short story, write a, write an, an email, rewrite, rephrase, proofread, gedicht, "
      "aufsatz, poème, poema, schreibe, creative" },
    { CUE_TASK, TASK_WRITING, NULL, 0.9f,
      "write, draft, compose, email, letter, article, tone, style, character, plot, paragraph, speech, "
      "headline, screenplay, dialogue, écris, escribe" },
    { CUE_TASK, TASK_EXTRACTION, NULL, 2.4f,
      "extract, classify, categorize, categorise, label, labels, sentiment, entities, ner, parse, "
      "extrahiere, extrais, extrae, fields, as json, into json, valid json, json schema, tag each, "
      "following fields" },
    { CUE_TASK, TASK_TRANSLATION, NULL, 3.2f,
      "translate, translation, translated, übersetze, übersetzen, übersetzung, "
      "traduis, traduire, traduction, traduce, traducir, tradurre, traduci, traduza, vertaal, "
      "into english, into german, into french, into spanish, to french, to german, to spanish, "
      "into japanese, into chinese" },
    { CUE_TASK, TASK_SUMMARIZATION, NULL, 3.2f,
      "summarize, summarise, summary, summaries, tldr, tl, condense, gist, key points, main points, "
      "bullet points, zusammenfassen, zusammenfassung, fasse, résume, résumé, resumen, "
      "resume, riassumi, samenvatting" },
    { CUE_TASK, TASK_RAG, NULL, 2.0f,
      "passage, passages, excerpts, documents, citations, cite, provided context, given context, "
      "the context, following context, context below, following documents, retrieved, sources, "
      "only the, based on, according to" },
    { CUE_TASK, TASK_TOOL_USE, NULL, 1.5f,
      "tool, tools, function call, call the, browse, search for, look up, book, schedule, fetch, "
      "agent, invoke" },
    { CUE_TASK, TASK_CHAT, NULL, 1.6f,
      "hi, hello, hey, thanks, thank, bye, hola, hallo, bonjour, ciao, good morning, how are, "
      "i feel, you think, lol, please help, joke" },

    { CUE_LANGUAGE, 0, "en", 1,
      "the, and, is, are, of, to, in, that, this, it, for, with, you, what, how, why, be, was, i, my, "
      "do, can, on, not, from, please, which, a, an, write" },
    { CUE_LANGUAGE, 0, "de", 1,
      "der, die, das, und, ist, ein, eine, einen, nicht, mit, für, ich, wie, was, zu, den, dem, "
      "auf, von, sie, es, wir, auch, kann, bitte, im, warum, über, welche, mir" },
    { CUE_LANGUAGE, 0, "fr", 1,
      "le, la, les, des, et, est, une, un, que, pour, dans, qui, pas, avec, sur, je, vous, nous, ce, "
      "comment, pourquoi, du, au, quel, quelle, sont, moi, en, de" },
    { CUE_LANGUAGE, 0, "es", 1,
      "el, la, los, las, que, y, es, una, un, por, para, con, del, se, cómo, qué, como, "
      "en, de, su, lo, está, hola, cuál, pero, muy, más" },
    { CUE_LANGUAGE, 0, "it", 1,
      "il, lo, gli, che, di, è, una, un, per, con, non, del, della, sono, come, perché, "
      "la, le, mi, questo, anche, ciao, quale, nel" },
    { CUE_LANGUAGE, 0, "pt", 1,
      "o, os, as, que, e, é, uma, um, por, para, com, não, do, da, dos, em, como, mais, "
      "você, eu, qual, está, isso, olá" },
    { CUE_LANGUAGE, 0, "nl", 1,
      "de, het, een, en, van, ik, is, niet, dat, met, voor, je, hoe, wat, zijn, op, te, ook, maar, "
      "waarom, kun, deze" },
    { CUE_LANGUAGE, 0, "pl", 1,
      "i, w, nie, na, się, jest, do, to, że, jak, co, z, czy, dla, proszę, "
      "dlaczego, mi, jakie" },
    { CUE_LANGUAGE, 0, "sv", 1,
      "och, är, det, att, en, ett, jag, inte, som, på, för, med, hur, vad, av, "
      "varför, kan, du" },
    { CUE_LANGUAGE, 0, "tr", 1,
      "ve, bir, bu, için, nasıl, ne, ile, değil, mi, ben, olarak, daha, neden, "
      "lütfen" },

    { CUE_CODE, 0, "python", 2, "python, python3, pip, pytest, django, numpy, pandas, flask" },
    { CUE_CODE, 0, "python", 1, "def, elif, self, __init__, lambda, none" },
    { CUE_CODE, 0, "javascript", 2, "javascript, nodejs, node, npm, react, js" },
    { CUE_CODE, 0, "javascript", 1, "const, let, function, document, async, await, require, undefined" },
    { CUE_CODE, 0, "typescript", 2.5f, "typescript, tsx, ts, tsconfig" },
    { CUE_CODE, 0, "c", 1.5f, "#include, #define, malloc, printf, sizeof, char, gcc, segfault, libc" },
    { CUE_CODE, 0, "cpp", 2, "std, cout, template, nullptr, constexpr, cpp" },
    { CUE_CODE, 0, "java", 2, "java, jvm, spring, maven, println, hashmap, arraylist" },
    { CUE_CODE, 0, "csharp", 2, "csharp, c#, dotnet, linq, asp" },
    { CUE_CODE, 0, "go", 2, "golang, goroutine, func, chan, defer" },
    { CUE_CODE, 0, "rust", 2, "rust, cargo, fn, mut, impl, unwrap, borrow checker, println" },
    { CUE_CODE, 0, "sql", 1.5f, "sql, select, join, postgres, mysql, sqlite, group by, order by" },
    { CUE_CODE, 0, "bash", 1.5f, "bash, sudo, grep, awk, sed, chmod, shell script" },
    { CUE_CODE, 0, "html", 1.5f, "html, div, css, href, stylesheet" },
    { CUE_CODE, 0, "ruby", 2, "ruby, rails, gem, rspec" },
    { CUE_CODE, 0, "php", 2, "php, laravel, composer" },
    { CUE_CODE, 0, "kotlin", 2, "kotlin, fun, val" },
    { CUE_CODE, 0, "swift", 2, "swift, swiftui, xcode" },
};
/* clang-format on */

const size_t cue_row_count = sizeof cue_rows / sizeof cue_rows[0];
