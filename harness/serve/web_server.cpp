#include "harness/serve/web_server.h"

#include <arpa/inet.h>
#include <httplib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "harness/core/check.h"
#include "harness/run/json_file.h"
#include "harness/run/store.h"
#include "harness/serve/pages.h"
#include "harness/suite/suite_reports.h"
#include "harness/suite/suite_store.h"
#include "harness/trend/trend_base.h"

namespace harness {
namespace {

namespace fs = std::filesystem;
using httplib::Request;
using httplib::Response;

constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr std::size_t kThreads = 64;
constexpr const char* kPlain = "text/plain; charset=utf-8";
// Pages that the harness made itself; anything else in a store is shown as text, whatever its name.
constexpr std::string_view kOurPages[] = {"report.html", "audit.html", "index.html"};
// Reports bring their scripts and styles with them, and ask nobody for anything.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

bool is_loopback(const std::string& address) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  return ::inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/// "localhost:8377" -> "localhost", "[::1]:8377" -> "::1".
std::string host_of(std::string header) {
  std::ranges::transform(header, header.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t colon = header.rfind(':');
  const bool port = colon != std::string::npos &&
                    std::all_of(header.begin() + static_cast<std::ptrdiff_t>(colon) + 1, header.end(),
                                [](unsigned char c) { return std::isdigit(c); });
  if (port && !(header.starts_with("[") && header.ends_with("]"))) header.resize(colon);
  if (header.starts_with("[") && header.ends_with("]")) return header.substr(1, header.size() - 2);
  return header;
}

/// The file that a path of the store names; nothing when it leads out of the store, by dots or by a link.
std::optional<fs::path> inside(const fs::path& store, const std::string& path) {
  if (path.find('\0') != std::string::npos) return std::nullopt;
  std::error_code error;
  const fs::path root = fs::canonical(store, error);
  if (error) return std::nullopt;
  const fs::path found = fs::canonical(root / fs::path("./" + path).relative_path(), error);
  if (error) return std::nullopt;
  const auto [end, rest] = std::mismatch(root.begin(), root.end(), found.begin(), found.end());
  return end == root.end() ? std::optional(found) : std::nullopt;
}

std::string text_at(const nlohmann::json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Folders of the store with this file in them, the one written last first.
std::vector<fs::path> folders_with(const fs::path& store, const char* file) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(store, error)) {
    std::error_code none;
    const auto written = fs::last_write_time(entry.path() / file, none);
    if (!none && !entry.is_symlink()) found.emplace_back(written, entry.path());
  }
  std::ranges::sort(found, std::greater());
  std::vector<fs::path> folders;
  for (auto& [written, folder] : found) folders.push_back(std::move(folder));
  return folders;
}

SuiteEntry suite_in(const fs::path& folder) {
  const SuiteFiles files{folder};
  return {folder.filename().string(), tally(load_matrix(files), load_suite_log(files))};
}

}  // namespace

class WebServer::Site {
 public:
  explicit Site(WebOptions options) : options_(std::move(options)), base_(options_.base) { routes(); }

  int bind() {
    // The library would share the port with whoever has it already.
    server_.set_socket_options([](int socket) {
      const int yes = 1;
      (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes,
                         sizeof yes);  // refused: the port is had a little later
    });
    const int port = options_.port == 0 ? server_.bind_to_any_port(options_.address)
                     : server_.bind_to_port(options_.address, options_.port) ? options_.port
                                                                             : -1;
    if (port <= 0)
      throw EnvironmentError("cannot listen on " + options_.address + " port " +
                             std::to_string(options_.port) +
                             ": choose another with --port, 0 for any that is free");
    return port;
  }
  void run() { server_.listen_after_bind(); }
  void stop() { server_.stop(); }

 private:
  void routes() {
    // Idle and slow clients are let go soon, and hold nobody up meanwhile.
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_keep_alive_timeout(1);
    server_.set_read_timeout(3);
    server_.set_pre_routing_handler(
        [this](const Request& request, Response& response) { return admit(request, response); });
    server_.set_exception_handler(
        [](const Request&, Response& response, std::exception_ptr trouble) { tell(trouble, response); });
    page("/", [this](const Request& request) { return runs(request); });
    page("/suites", [this](const Request&) { return suites(); });
    page("/audits", [this](const Request&) { return audits(); });
    page("/trend", [this](const Request&) { return trend(); });
    page("/diff", [this](const Request& request) { return diff(request); });
    server_.Get(R"(/files/(.*))",
                [this](const Request& request, Response& response) { file(request.matches[1], response); });
    server_.set_error_handler([](const Request&, Response& response) {
      if (response.body.empty()) response.set_content(error_page("There is no such page."), kHtml);
    });
  }

  void page(const char* path, std::function<std::string(const Request&)> make) {
    server_.Get(path, [make = std::move(make)](const Request& request, Response& response) {
      response.set_content(make(request), kHtml);
    });
  }

  /// A page of somebody else's, opened in the same browser, must not read the store by a name that leads
  /// here.
  httplib::Server::HandlerResponse admit(const Request& request, Response& response) const {
    response.set_header("Content-Security-Policy", kPolicy);
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("Cache-Control", "no-store");
    const std::string host = host_of(request.get_header_value("Host"));
    if (!is_loopback(options_.address) || host == "localhost" || is_loopback(host))
      return httplib::Server::HandlerResponse::Unhandled;
    response.status = 403;
    response.set_content(error_page("This server answers to localhost alone."), kHtml);
    return httplib::Server::HandlerResponse::Handled;
  }

  static void tell(const std::exception_ptr& trouble, Response& response) {
    std::string what = "?";
    response.status = 500;
    try {
      std::rethrow_exception(trouble);
    } catch (const UsageError& error) {
      what = error.what();
      response.status = 404;
    } catch (const std::exception& error) {
      what = error.what();
    }
    response.set_content(error_page(what), kHtml);
  }

  /// All runs there ever were, oldest first; what the store has got since the last time is added. Those
  /// without a result are looked at anew each time.
  std::shared_ptr<const std::vector<TrendRun>> remembered() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> unreadable;
    const auto knows = [this](const std::string& id) { return known_.contains(id); };
    std::vector<TrendRun> now = runs_of_store(options_.store, unreadable, knows);
    const bool fresh = base_.add(now) > 0;
    std::erase_if(now, has_result);
    if (fresh || !runs_) {
      runs_ = std::make_shared<const std::vector<TrendRun>>(base_.since(0));
      known_.clear();
      for (const TrendRun& run : *runs_) known_.insert(run.id);
    }
    if (now.empty()) return runs_;
    auto all = std::make_shared<std::vector<TrendRun>>(*runs_);
    for (TrendRun& run : now) all->push_back(std::move(run));
    std::ranges::stable_sort(*all, {}, [](const TrendRun& run) { return run.outcome.ended_unix_ms; });
    return all;
  }

  std::string trend() {
    std::vector<TrendRun> runs = *remembered();
    std::erase_if(runs, std::not_fn(has_result));
    return trend_page(trend_of(runs));
  }

  std::string runs(const Request& request) {
    RunFilter filter{request.get_param_value("scenario"), request.get_param_value("build"),
                     request.get_param_value("verdict"), 1};
    const std::string page = request.get_param_value("page");
    std::from_chars(page.data(), page.data() + page.size(), filter.page);
    return runs_page(*remembered(), filter, [this](const TrendRun& run) {
      std::error_code ignored;  // what cannot be asked for is not linked
      return fs::is_regular_file(options_.store / run.suite / run.outcome.store / "report.html", ignored);
    });
  }

  std::string suites() const {
    std::vector<SuiteEntry> all;
    for (const fs::path& folder : folders_with(options_.store, "journal.jsonl")) {
      try {
        all.push_back(suite_in(folder));
      } catch (const std::exception&) {  // damaged, or not ours: it is listed, and nothing of it
        all.push_back({folder.filename().string(), {}});
      }
    }
    return suites_page(all);
  }

  /// The build as it says itself; of an audit that ended before it was found, as it was named.
  static std::string build_in(const nlohmann::json& audit, const char* side) {
    const auto found = audit.find(side);
    if (found == audit.end()) return {};
    const std::string build = text_at(*found, "build");
    return build.empty() ? text_at(*found, "spec") : build;
  }

  std::string audits() const {
    std::vector<AuditEntry> all;
    for (const fs::path& folder : folders_with(options_.store, "audit.json")) {
      const nlohmann::json audit = json_in(folder / "audit.json");
      all.push_back({folder.filename().string(), text_at(audit, "verdict"), text_at(audit, "reason"),
                     build_in(audit, "candidate"), build_in(audit, "baseline")});
    }
    return audits_page(all);
  }

  std::string diff(const Request& request) const {
    std::vector<std::string> chosen;
    for (std::size_t i = 0; i < request.get_param_value_count("run"); ++i)
      chosen.push_back(request.get_param_value("run", i));
    if (chosen.size() != 2)
      throw UsageError("choose two runs to compare, not " + std::to_string(chosen.size()));
    // The list shows the newer one first.
    std::ranges::sort(chosen);
    for (const std::string& run : chosen)
      if (run.find('/') != std::string::npos || run.starts_with("."))
        throw UsageError("'" + run + "' is no run");
    return diff_page(chosen[0], chosen[1], options_.difference(chosen[0], chosen[1]));
  }

  void file(const std::string& path, Response& response) const {
    const auto found = inside(options_.store, path);
    if (!found || path.empty()) throw UsageError("The store has no such file.");
    if (fs::is_directory(*found)) {
      // A suite's page links to its runs from its folder.
      if (!path.ends_with("/")) return response.set_redirect("/files/" + path + "/");
      if (!fs::is_regular_file(*found / "journal.jsonl")) throw UsageError("That is a folder.");
      const SuiteEntry suite = suite_in(*found);
      const std::string text = suite_page(suite.result);
      return response.set_content(suite.result.finished ? text : live_page(text), kHtml);
    }
    if (!fs::is_regular_file(*found)) throw UsageError("The store has no such file.");
    const bool ours = std::ranges::find(kOurPages, found->filename().string()) != std::end(kOurPages);
    send(*found, ours ? kHtml : kPlain, response);
  }

  /// A piece at a time: a store may hold files of any size.
  static void send(const fs::path& path, const char* type, Response& response) {
    auto in = std::make_shared<std::ifstream>(path, std::ios::binary);
    if (!*in) throw EnvironmentError("cannot read " + path.string());
    response.set_content_provider(
        static_cast<std::size_t>(fs::file_size(path)), type,
        [in](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
          std::array<char, 65'536> piece{};
          in->clear();
          in->seekg(static_cast<std::streamoff>(offset));
          in->read(piece.data(), static_cast<std::streamsize>(std::min(length, piece.size())));
          return in->gcount() > 0 && sink.write(piece.data(), static_cast<std::size_t>(in->gcount()));
        });
  }

  const WebOptions options_;
  httplib::Server server_;
  std::mutex mutex_;  // guards all below
  TrendBase base_;
  std::set<std::string> known_;
  std::shared_ptr<const std::vector<TrendRun>> runs_;
};

WebServer::WebServer(WebOptions options) {
  in6_addr parsed{};
  if (::inet_pton(AF_INET, options.address.c_str(), &parsed) != 1 &&
      ::inet_pton(AF_INET6, options.address.c_str(), &parsed) != 1)
    throw UsageError("--listen: '" + options.address + "' is no IP address");
  site_ = std::make_unique<Site>(std::move(options));
  port_ = site_->bind();
}

WebServer::~WebServer() {
  stop();
}

void WebServer::run() {
  site_->run();
}

void WebServer::stop() {
  site_->stop();
}

}  // namespace harness
