// Commands as a scenario writes them: words, with placeholders for what is only known when they are sent.
//
//   {id:n2} {ip:n2} {port:n2} {bus-port:n2}   of a node; in place of n2 any target of one node
//   {slot:KEY}   the slot of the key (which may hold a hash tag in braces of its own)
//   {key:SLOT}   a key that hashes to the slot
//   {owner:SLOT} the id of the node that serves the slot
//   {NAME}       a reply that an earlier step saved
//   {{           a brace
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/conditions/cluster_now.h"

namespace harness {

/// A command line split as a shell splits words: blanks, '...', "..." and backslashes. What is wrong with it
/// is told in `problem`.
std::vector<std::string> split_words(std::string_view line, std::string& problem);

/// What is wrong with the placeholders of a command, given the names that earlier steps save; empty: nothing.
std::string problem_with_placeholders(const std::vector<std::string>& words,
                                      const std::set<std::string>& saved);

/// What is wrong with a reply that a command wants, whose braces may be text too: a placeholder of a node
/// that is none, or a name that is nearly one of those saved. Empty: nothing.
std::string misspelt_placeholder(const std::string& text, const std::set<std::string>& saved);

/// Whether a later step could name it in braces.
bool can_be_saved_as(std::string_view name);

/// The words with their placeholders filled in by what is so now; `problem` says which could not be.
std::vector<std::string> fill_placeholders(const std::vector<std::string>& words, ClusterNow& now,
                                           std::string& problem);

/// The text of a condition with every placeholder filled in that is one: a name that was saved, or one of the
/// kinds above. Other braces (of a hash tag, of a regular expression) are text.
std::string fill_known(const std::string& text, ClusterNow& now, std::string& problem);

}  // namespace harness
