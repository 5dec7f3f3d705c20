/* own_parts.c - parts of a conversation that only Anthropic's language has. */
#include "own_parts.h"

bool part_is_anthropics(struct text type)
{
    static const char *const types[] = {
        "document",
        "search_result",
        "container_upload",
        "server_tool_use",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "mcp_tool_use",
        "mcp_tool_result",
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (text_is(type, types[i]))
            return true;
    return false;
}
