// For tests only: replies of servers, made by hand.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/client/connection.h"

namespace harness::testing {

inline Reply text(std::string words) {
  Reply reply;
  reply.type = Reply::Type::kText;
  reply.text = std::move(words);
  return reply;
}

inline Reply integer(std::int64_t value) {
  Reply reply;
  reply.type = Reply::Type::kInteger;
  reply.integer = value;
  return reply;
}

inline Reply list(std::vector<Reply> elements) {
  Reply reply;
  reply.type = Reply::Type::kArray;
  reply.elements = std::move(elements);
  return reply;
}

}  // namespace harness::testing
