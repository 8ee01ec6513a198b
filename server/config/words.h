/// Words of directives and of their values: what the readers and writers of the configuration share.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace node {

std::string lower(std::string_view text);
std::string join(std::span<const std::string> words);
/// Split as a configuration line is, quotes and all; as far as the quotes are balanced.
std::vector<std::string> words_of(std::string_view text);
/// Whether the word is one of those that stand in `choices` with spaces between.
bool listed(std::string_view choices, std::string_view word);

const InertDirective* find_inert(std::string_view name);
/// The name that keeps the value of a directive with an old name: slave-… is replica-….
std::string kept_name(std::string_view inert);

/// As CONFIG GET shows it.
std::string value_of(const Config& config, const Directive& directive);

/// The values of every `save` line and argument: pairs of seconds and changes; none switches saving off.
std::optional<std::string> set_save(Config& config, std::span<const std::string> given);

}  // namespace node
