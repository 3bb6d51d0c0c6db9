// portlab http: fetches the resource of a URL (RFC 9110, 9112).
//
//   run_http → read_plan (options to a plan) → open_sessions → fetch (exchange, redirects) →
//   verdict

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/download.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/url.hpp"
#include "clients/http/http_fetch.hpp"
#include "clients/net/connection_card.hpp"
#include "common/http/http_syntax.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "http",
    "URL",
    {{{"portlab http http://127.0.0.1:83/", "a page, from a server on port 83"},
      {"portlab http -o page.html https://www.lab.test/",
       "save it; over TLS, the card shows the certificate"},
      {"portlab http --srv http://www.lab.test/", "find the port through DNS (SRV)"}}},
    "Exit status: 0 for a status below 400, 1 from 400 on, 2 for bad usage, 3 for no "
    "connection, no response, an incomplete one, or a certificate that is not accepted."};

/// The options of portlab http, as they were typed; those that need no check are in the plan.
struct HttpArguments {
  HttpPlan plan;
  bool head = false;
  bool include = false;
  bool has_data = false;  ///< -d was given, perhaps with an empty text
  TlsOptions tls;
  std::string output, data, method;
  std::vector<std::string> headers;
};

void describe(CommandLine& line, HttpArguments& into) {
  const auto text = [](std::string& to, const char* name) {
    return po::value(&to)->value_name(name);
  };
  auto add = line.add();
  add("head,I", po::bool_switch(&into.head), "only the head of the response (method HEAD)");
  add("include,i", po::bool_switch(&into.include), "the head of the response before its body");
  add("output,o", text(into.output, "FILE"), "save the body; on failure no file is left");
  const auto note_data = [&into](const std::string&) { into.has_data = true; };
  add("data,d", text(into.data, "DATA")->notifier(note_data),
      "send this (method POST); @FILE: a file, @-: stdin");
  add("header,H", po::value(&into.headers)->value_name("'NAME: VALUE'"),
      "send this field, too, or instead of the default one");
  add("request,X", text(into.method, "METHOD"), "use this method");
  add("location,L", po::bool_switch(&into.plan.follow), "follow redirects, 10 at most");
  add("srv", po::bool_switch(&into.plan.srv), "look up the port in the DNS (SRV record)");
  add("insecure,k", po::bool_switch(&into.tls.insecure),
      "accept every certificate: encrypted, but the server is not known");
  add("cacert", text(into.tls.authorities_file, "FILE"),
      "trust the authorities whose certificates are in this file, too ($PORTLAB_CACERT)");
  add("unix-socket", text(into.plan.unix_socket, "PATH"), "connect to this Unix socket");
}

HttpField parse_field(const CommandLine& line, const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || !http::is_token(std::string_view(text).substr(0, colon)))
    throw line.wrong("-H: '" + printable(text) + "' is not a field", "-H 'Name: value'");
  auto value = text.substr(colon + 1);
  value.erase(0, value.find_first_not_of(" \t"));
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    throw line.wrong("-H: a field's value is one line", "portlab connect (it sends any bytes)");
  return {text.substr(0, colon), value};
}

/// Opens the file of -d @FILE. It stays open until the program ends.
int open_body(const CommandLine& line, const std::string& name, const ClientOptions& options) {
  if (name == "-") {
    if (options.sessions > 1)
      throw line.wrong(
          "stdin can be sent once, not over " + std::to_string(options.sessions) + " sessions",
          "-d @FILE");
    return STDIN_FILENO;
  }
  const auto fail = [&](const std::string& why) {
    return line.wrong("-d @" + printable(name) + ": " + why, "-d @FILE");
  };
  const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw fail(std::strerror(errno));
  struct stat about {};
  if (::fstat(file, &about) == 0 && S_ISDIR(about.st_mode)) throw fail(std::strerror(EISDIR));
  if (options.sessions > 1 && ::lseek(file, 0, SEEK_CUR) < 0)
    throw fail("a pipe can be sent once, not over " + std::to_string(options.sessions) +
               " sessions");
  return file;
}

/// The options of TLS, with $PORTLAB_CACERT.
TlsOptions tls_options_of(const HttpArguments& given) {
  auto options = given.tls;
  const char* const file = std::getenv("PORTLAB_CACERT");
  if (options.authorities_file.empty() && file != nullptr) {
    options.authorities_file = file;
    options.authorities_from = "$PORTLAB_CACERT";
  }
  return options;
}

/// Throws for "HOST PORT", as nc(1) and telnet(1) have it.
void expect_no_port_alone(const CommandLine& line) {
  const auto& words = line.operands();
  if (words.size() != 2 || !parse_port(words[1])) return;
  if (const auto url = url_with_port(words[0], words[1], "http"))
    throw line.wrong("the port is a part of the URL", "portlab http " + shell_word(*url));
}

HttpPlan read_plan(const CommandLine& line, const HttpArguments& given,
                   const ClientOptions& options) {
  auto plan = given.plan;
  plan.url = parse_http_url(line.operands()[0]);
  if (plan.srv && plan.url.explicit_port)
    throw line.wrong("--srv looks up the port, but the URL has one already", "one of the two");
  if (plan.srv && parse_address(plan.url.host))
    throw line.wrong(
        "--srv looks up the SRV record of a name, but " + plan.url.host + " is an address",
        "http://www.lab.test/, or the address without --srv");
  if (plan.srv && !plan.unix_socket.empty())
    throw line.wrong("--srv and --unix-socket exclude each other", "one of the two");
  if (given.head && given.has_data)
    throw line.wrong("-I and -d exclude each other", "-X METHOD -d DATA");
  if (!given.output.empty() && (given.head || given.include))
    throw line.wrong("-o saves the body, and " + std::string(given.head ? "-I" : "-i") +
                         " shows the head: they exclude each other",
                     "one of the two, or > FILE");
  if (!given.output.empty() && options.json)
    throw line.wrong("--json and -o exclude each other", "one of the two");
  if (given.has_data) {
    plan.request.method = "POST";
    if (given.data.starts_with('@'))
      plan.request.body_file = open_body(line, given.data.substr(1), options);
    else
      plan.request.body = given.data;
  }
  if (given.head) plan.request.method = "HEAD";
  if (!given.method.empty()) plan.request.method = given.method;
  if (!http::is_token(plan.request.method))
    throw line.wrong("-X: '" + printable(given.method) + "' is not a method", "-X GET");
  for (const auto& text : given.headers) plan.request.fields.push_back(parse_field(line, text));
  return plan;
}

/// To stdout; with `show_head`, the head, too. On a terminal, bytes that are not text cause a
/// CommandError (exit status 2), since they could contain escape sequences.
class ToStdout : public HttpOutput {
 public:
  explicit ToStdout(bool show_head)
      : show_head_(show_head), terminal_(::isatty(STDOUT_FILENO) != 0) {}

  void head(const HttpHead& head) override {
    if (!show_head_) return;
    auto text = head.text();
    if (terminal_) {
      std::erase(text, '\r');
      text = safe_lines(text);
    }
    print(text);
  }

  void body(Bytes bytes) override {
    if (terminal_ && !is_showable(bytes))
      throw usage_failure("this is not text; a terminal could interpret it as escape sequences",
                          "-o FILE (save it), or | xxd (look at its bytes)");
    print(as_text(bytes));
    if (!bytes.empty()) ended_line_ = bytes.back() == '\n';
  }

  void finish() override {
    if (terminal_ && !ended_line_) print("\n");  // the prompt begins on its own line
  }

 private:
  static std::string safe_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const auto end = text.find('\n');
      out += printable(text.substr(0, end)) + "\n";
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
  }

  bool show_head_;
  bool terminal_;
  bool ended_line_ = true;
};

/// Into a file that appears when it is complete, with a progress bar. A response of 400 or more
/// leaves no file. `visible`: print a message about the saved file.
class ToFile : public HttpOutput {
 public:
  ToFile(const std::string& path, bool visible) : path_(path), visible_(visible), file_(path) {}

  void head(const HttpHead& head) override {
    wanted_ = head.status < 400;
    progress_.emplace(head.length, visible_ && wanted_);
  }

  void body(Bytes bytes) override {
    if (!wanted_) return;
    file_.write(bytes);
    progress_->add(bytes.size());
  }

  void finish() override {
    if (!wanted_) return;
    progress_->finish();
    file_.commit();
    if (visible_)
      std::fprintf(stderr, "saved %s: %s\n", printable(path_).c_str(),
                   progress_->summary().c_str());
  }

 private:
  std::string path_;
  bool visible_;
  bool wanted_ = true;
  OutputFile file_;
  std::optional<Progress> progress_;
};

/// Into a text for --json.
class ToCapturedText : public HttpOutput {
 public:
  explicit ToCapturedText(CapturedText& kept) : kept_(kept) {}
  void head(const HttpHead&) override {}
  void body(Bytes bytes) override { kept_.add(bytes); }
  void finish() override {}

 private:
  CapturedText& kept_;
};

std::string meaning_of(const HttpHead& head) {
  switch (head.status) {
    case 400:
      return "the server does not understand the request";
    case 401:
    case 403:
      return "the server does not permit access";
    case 404:
      return "the server has nothing at this path";
    case 405:
      return "this method is not allowed there; allowed: " + printable(head.field("Allow"));
    case 408:
      return "the request did not come in time";
    case 413:
    case 414:
    case 431:
      return "the request is longer than the server accepts";
    case 429:
    case 503:
      return "the server is overloaded";
    case 501:
      return "the server does not support this method";
    default:
      return head.status >= 500 ? "the server failed" : "the server refuses the request";
  }
}

/// Whether a server of TLS answered a request without TLS: nginx, Apache and Go say so in words.
bool expects_tls(const HttpFetched& got) {
  const auto says = [&](const char* words) {
    return got.error_text.find(words) != std::string::npos;
  };
  return got.head.status == 400 && !got.tls &&
         (says("HTTPS") || says("https://") || says("SSL-enabled"));
}

/// The exit status: for a response of 400 or more, prints the first one as an error.
int verdict(const std::vector<HttpFetched>& results) {
  const auto no = std::find_if(results.begin(), results.end(),
                               [](const HttpFetched& each) { return each.head.status >= 400; });
  if (no == results.end()) return 0;
  const auto& got = *no;
  const auto root = got.url.scheme + "://" + got.url.authority() + "/";
  std::string advice = "portlab http -i " + shell_word(got.url.text()) + " (the whole response)";
  if (expects_tls(got))
    advice = "portlab http " + shell_word("https://" + got.url.authority() + got.url.target);
  if (got.head.status == 404 && got.url.text() != root)
    advice = "portlab http " + shell_word(root) + " (what is there)";
  complain({Exit::failed,
            printable(got.url.text()) + ": " + std::to_string(got.head.status) + " " +
                printable(got.head.reason) + ": " +
                (expects_tls(got) ? "this port speaks TLS" : meaning_of(got.head)),
            advice});
  return static_cast<int>(Exit::failed);
}

json::object document_of(const HttpFetched& got, const CapturedText& body) {
  json::array fields;
  for (const auto& field : got.head.fields)
    fields.push_back({{"name", printable(field.name)}, {"value", printable(field.value)}});
  json::array hops;
  for (const auto& hop : got.hops)
    hops.push_back(
        {{"url", hop.url}, {"status", hop.status}, {"location", printable(hop.location)}});
  return {{"url", got.url.text()},
          {"status", got.head.status},
          {"reason", printable(got.head.reason)},
          {"fields", fields},
          {"redirects", hops},
          {"tls", got.tls ? json::value(to_json(*got.tls)) : json::value(nullptr)},
          {"body_bytes", body.bytes()},
          {"body", body.to_json()},
          {"irregularities", json::array(got.irregularities.begin(), got.irregularities.end())}};
}

}  // namespace

int run_http(const Arguments& arguments) {
  CommandLine line(manual, Shared::transfers);
  HttpArguments given;
  describe(line, given);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  expect_no_port_alone(line);
  line.expect_operands(1, 1);
  auto plan = read_plan(line, given, *options);
  TlsClient tls(tls_options_of(given));
  plan.tls = &tls;

  CapturedText kept;
  CapturedText not_shown;  // of all sessions but the first
  ToCapturedText ignored(not_shown);
  std::unique_ptr<HttpOutput> shown;
  if (options->json)
    shown = std::make_unique<ToCapturedText>(kept);
  else if (given.output.empty())
    shown = std::make_unique<ToStdout>(given.head || given.include);
  else
    shown = std::make_unique<ToFile>(given.output, options->shows_messages());

  auto sessions = open_sessions(plan, *options);
  const auto cards = show_cards(sessions, plan.url.scheme, *options);
  std::vector<HttpFetched> results;
  for (auto& session : sessions) {
    HttpOutput& output = results.empty() ? *shown : ignored;
    results.push_back(fetch(plan, std::move(session), *options, output));
  }
  hold(*options);
  if (options->json) {
    auto out = document_of(results.front(), kept);
    out["sessions"] = cards;
    print_json(out);
  }
  return verdict(results);
}

}  // namespace portlab
