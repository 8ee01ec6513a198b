// The one place where a reply or a network failure becomes ok, fail or info.
//
// The rule (Jepsen's, checkers/PROMISES.md): `fail` only when the request certainly was not applied. Anything
// that was sent and not answered is `info`: it may take effect at any later time, or never.
#pragma once

#include <span>
#include <string_view>

#include "harness/core/history.h"

namespace harness {

/// What went wrong on the wire, if anything.
enum class WireFailure {
  kNone,
  kRefused,         // no connection: the port is closed, or the host unreachable
  kConnectTimeout,  // no connection within the deadline
  kNotSent,         // the connection broke before one byte of the request was accepted
  kClosed,          // the connection broke after the request, or a part of it, was sent
  kTimeout,         // sent, and no answer within the deadline
  kProtocol,        // sent, and the answer is no RESP
};

/// What a client does next.
enum class NextStep {
  kFinish,    // the operation is complete, with `outcome`
  kMoved,     // ask the node that the reply names, and learn it: this node did not execute the request
  kAsk,       // ask the node that the reply names once, after ASKING
  kTryAgain,  // ask the same node again a little later: the request was not executed
};

struct Classification {
  NextStep next = NextStep::kFinish;
  Outcome outcome = Outcome::kInfo;
  std::string_view reason;  // a short stable word, never text of the server: "clusterdown", "timeout"
};

Classification classify(WireFailure failure);

/// An error reply, without its leading '-'. Errors that the table does not know are info: a script may have
/// failed after its first write.
Classification classify_error_reply(std::string_view error);

/// Why a transaction or a pipeline was not carried out, and the error reply that says so.
struct Refusal {
  Classification meaning;
  std::string_view error;
};

/// MULTI ... EXEC that EXEC answered with an error. `errors`: the error replies of MULTI and of what should
/// have been queued, empty where there was none. A transaction that EXEC gave up was certainly not applied,
/// and the first error says why. Where MULTI itself was refused, the commands stood alone: then each of them
/// must have been refused.
Refusal classify_transaction(std::string_view exec_error, std::span<const std::string_view> errors);
/// A key that was watched had changed: EXEC answered nil.
Classification watched_key_changed();

/// Commands that were sent together and stand each for itself: refused as a whole when each of them was.
/// `errors`: as above, not empty. With an answer among them it is ok, and the replies tell the rest.
Refusal classify_pipeline(std::span<const std::string_view> errors);

/// "MOVED 3999 127.0.0.1:6381" or "ASK …" taken apart.
struct Redirection {
  bool valid = false;
  int slot = 0;
  std::string_view ip;  // empty: the host that answered
  int port = 0;
};
Redirection parse_redirection(std::string_view error);

}  // namespace harness
