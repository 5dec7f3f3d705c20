/* yaml_tree.c - finding one's way in a tree that was read. */
#include "config/yaml.h"

const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->kind != YAML_MAPPING)
        return NULL;
    for (const struct yaml_node *child = mapping->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

const char *yaml_path(const struct yaml_node *node, struct arena *arena)
{
    if (!node || !node->parent)
        return "";
    const char *parent = yaml_path(node->parent, arena);
    if (!node->key)
        return arena_printf(arena, "%s[%zu]", parent, node->index);
    return arena_printf(arena, "%s%s%s", parent, *parent ? "." : "", node->key);
}
