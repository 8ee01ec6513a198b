#include "harness/client/session.h"

namespace harness {

void Commands::add(std::span<const std::string_view> arguments) {
  append_command(bytes_, arguments);
  ++size_;
}

void Commands::add(std::initializer_list<std::string_view> arguments) {
  add(std::span(arguments.begin(), arguments.size()));
}

Session::Session(Client& client, std::string_view key) : client_(client), slot_(slot_of(key)) {}

Session::Session(Client& client, int node, bool readonly)
    : client_(client), node_(node), readonly_(readonly) {}

Session::~Session() {
  if (watching_ && node_ >= 0) client_.drop(node_, readonly_);
}

Task<Answer> Session::run(Request request) {
  request.bytes = bytes_;
  request.slot = settled_ ? -1 : slot_;
  request.node = node_;
  request.readonly = readonly_;
  request.connected = settled_;
  Answer answer = co_await client_.exchange(request);
  if (answer.node >= 0) node_ = answer.node;
  settled_ |= answer.outcome == Outcome::kOk;
  co_return answer;
}

Task<Answer> Session::command(std::span<const std::string_view> arguments, std::chrono::milliseconds blocks) {
  bytes_.clear();
  append_command(bytes_, arguments);
  Request request;
  request.patience = blocks;
  return run(request);
}

Task<Answer> Session::pipeline(const Commands& commands) {
  bytes_ = commands.bytes();
  Request request;
  request.kind = Request::Kind::kPipeline;
  request.replies = commands.size();
  return run(request);
}

Task<Answer> Session::watch(std::span<const std::string> keys) {
  watching_ = true;
  std::vector<std::string_view> words = {"WATCH"};
  words.insert(words.end(), keys.begin(), keys.end());
  return command(words);  // which takes the words at once, before it waits
}

Task<Answer> Session::unwatch() {
  const std::string_view words[] = {"UNWATCH"};
  Answer answer = co_await command(words);
  if (answer.outcome == Outcome::kOk) watching_ = false;
  co_return answer;
}

Task<Answer> Session::transaction(const Commands& commands) {
  Commands all;
  all.add({"MULTI"});
  bytes_ = all.bytes() + commands.bytes();
  Commands exec;
  exec.add({"EXEC"});
  bytes_ += exec.bytes();
  Request request;
  request.kind = Request::Kind::kTransaction;
  request.replies = commands.size() + 2;
  Answer answer = co_await run(request);
  const bool executed = answer.outcome == Outcome::kOk || answer.reason == watched_key_changed().reason;
  if (executed) watching_ = false;
  co_return answer;
}

}  // namespace harness
