#include "reports/headline.h"

#include <algorithm>

namespace harness::reporting {
namespace {

/// {key} and {node} stand for the anomaly's.
struct Sentence {
  std::string_view type;
  std::string_view text;
};
constexpr Sentence kSentences[] = {
    {"not-linearizable-in-term", "One master, {node}, contradicted itself on {key}"},
    {"not-linearizable-across-move", "{key} was not the same before and after its slot moved"},
    {"not-linearizable", "No order of the operations on {key} explains what clients saw"},
    {"torn-transaction", "Only a part of what belongs together took effect on {key}"},
    {"lost-inherited", "{node} lost what it had inherited of {key}"},
    {"impossible-start", "{node} began with a state of {key} that its predecessor never had"},
    {"foreign-write", "{node} shows a write of {key} that another shard was given"},
    {"hole-in-loss", "An acknowledged write of {key} was lost, while later ones survived"},
    {"lost-write-outside-window", "An acknowledged write of {key} was lost"},
    {"stale-read-outside-window", "An old value of {key} was read"},
    {"lost-in-migration", "{key} was lost while its slot moved"},
    {"resurrected-write", "A lost write of {key} came back"},
    {"failed-write-read", "A write of {key} that was refused was read"},
    {"never-written", "{key} was read with a value that nobody wrote"},
    {"read-before-write", "{key} was read with a value before anybody wrote it"},
    {"answered-by-replica", "{node} answered for {key} as a master, and was a replica"},
    {"minority-write", "{node} went on accepting writes on the minority side"},
    {"taken-twice", "An element of {key} was given out twice"},
    {"overtaken", "An element of {key} was overtaken by a later one"},
    {"wrong-answer-for-slot", "{node} did not answer for {key} as the state of its slot asks for"},
    {"received-twice", "A message of {key} came twice to a subscription at {node}"},
    {"never-published", "A message of {key} came that nobody had published"},
    {"failed-publish-received", "A message of {key} came whose publishing was refused"},
    {"received-before-published", "A message of {key} came before it was sent"},
    {"message-overtaken", "A message of {key} was overtaken by a later one"},
    {"message-lost", "A message of {key} never came to a subscription, and nothing had happened"},
    {"subscription-died", "A subscription to {key} at {node} ended, and nothing had happened"},
    {"two-holders", "Two clients held the lock {key} at once"},
    {"lives-on", "{key} lived on after its time"},
    {"untrue-wait", "WAIT counted replicas that did not have the write of {key}"},
    {"replica-went-back", "A replica, {node}, went back to an older value of {key}"},
    {"crossslot-accepted", "A command over several slots was carried out"},
    {"replica-stuck", "{node} has missed a part of its master's stream"},
    {"key-count-differs", "{node} has another number of keys than its master, at the same offset"},
    {"transaction-taken-apart", "Transactions came to {node} without their beginning and end"},
    {"acknowledged-beyond-stream", "A replica of {node} has acknowledged more than there is"},
    {"blocked-beside-element", "A client waited for {key} in vain beside an element"},
    {"replica-differs", "{node} holds another value of {key} than its master"},
    {"reload-differs", "{node}'s files give another value of {key} than it held"},
    {"expiry-differs", "{node} has another time of expiry for {key}"},
    {"final-read-differs", "The last read of {key} is not what {node} holds"},
    {"misplaced-key", "{node} holds {key}, whose slot it does not serve"},
    {"slow-failover", "{node} took over too late"},
    {"no-failover", "Nobody took the place of {node}"},
    {"needless-failover", "{node} was replaced although it was well"},
    {"failed-without-majority", "{node} was declared failed without a majority"},
    {"suspected-too-early", "{node} took another node for failing before its time"},
    {"voted-for-stale-claim", "{node} voted for a replica with an old idea of its master"},
    {"failure-not-told", "{node} found that a quorum calls a node failed, and told nobody"},
    {"election-too-late", "{node} asked for votes long after its turn"},
    {"election-asked-again", "{node} asked for votes twice in one election"},
    {"offset-understated", "{node} asked for votes with less of the stream than it had"},
    {"slots-unavailable", "Slots could not be written for too long"},
    {"voted-twice", "{node} voted twice in one epoch"},
    {"voted-for-old-epoch", "{node} voted for an epoch that was over"},
    {"vote-without-failure", "{node} voted against a master that it did not have as failed"},
    {"won-without-majority", "{node} won an election without a majority"},
    {"votes-too-close", "{node} voted twice about one master, too soon"},
    {"epoch-won-twice", "Two replicas won elections with one epoch"},
    {"current-epoch-went-back", "{node} forgot its current epoch"},
    {"config-epoch-went-back", "{node} forgot its config epoch"},
    {"imported-without-epoch", "{node} took a slot over without a greater config epoch"},
    {"old-master-not-demoted", "The old master {node} was not demoted"},
    {"master-without-replica", "{node} ended without a replica"},
    {"slot-uncovered-at-end", "Slots had no owner in the end, by {node}"},
    {"slot-owner-disputed", "The nodes did not agree on the owner of slots in the end"},
    {"two-owners", "Two masters owned one slot in the end"},
    {"served-while-down", "{node} answered a client while it called the cluster down"},
    {"ok-without-coverage", "{node} called the cluster ok although slots had no owner"},
    {"cluster-down-at-end", "{node} had the cluster as down in the end"},
    {"unexpected-exit", "{node} ended, and nobody had asked it to"},
};

/// False when the text asks for something that is not there.
bool fill(std::string& text, std::string_view placeholder, const std::string& with) {
  const std::size_t at = text.find(placeholder);
  if (at == std::string::npos) return true;
  text.replace(at, placeholder.size(), with);
  return !with.empty();
}

}  // namespace

std::string type_words(std::string_view type) {
  std::string words(type);
  std::replace(words.begin(), words.end(), '-', ' ');
  return words;
}

std::string headline(const Anomaly& anomaly) {
  if (!anomaly.headline.empty()) return anomaly.headline;
  const auto* known = std::ranges::find(kSentences, std::string_view(anomaly.type), &Sentence::type);
  if (known != std::end(kSentences)) {
    std::string text(known->text);
    const bool whole = fill(text, "{node}", anomaly.node);
    if (fill(text, "{key}", anomaly.key) && whole) return text;
  }
  std::string text = type_words(anomaly.type);
  if (!anomaly.key.empty()) text += " on " + anomaly.key;
  if (!anomaly.node.empty()) text += " (" + anomaly.node + ")";
  return text;
}

}  // namespace harness::reporting
