// portlab http: fetches the resource of a URL (RFC 9110, 9112).
//
//   run_http → read_plan (options to a plan) → open_sessions → fetch (exchange, redirects) →
//   verdict

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cerrno>
#include <cstring>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/http/http_fetch.hpp"
#include "common/known_services.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "http",
    "URL",
    {{{"portlab http http://127.0.0.1:83/", "a page, from a server on port 83"},
      {"portlab http -o page.html http://www.lab.test/",
       "save it; the lab's DNS server resolves the name"},
      {"portlab http --srv http://www.lab.test/", "find the port through DNS (SRV)"}}},
    "Exit status: 0 for a status below 400, 1 from 400 on, 2 for bad usage, 3 for no "
    "connection, no response, or an incomplete one."};

/// The options of portlab http, as they were typed.
struct HttpArguments {
  bool head = false;
  bool include = false;
  bool follow = false;
  bool srv = false;
  std::string output, data, method, unix_socket;
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
  add("data,d", text(into.data, "DATA"), "send this (method POST); @FILE: a file, @-: stdin");
  add("header,H", po::value(&into.headers)->value_name("'NAME: VALUE'"),
      "send this field, too, or instead of the default one");
  add("request,X", text(into.method, "METHOD"), "use this method");
  add("location,L", po::bool_switch(&into.follow), "follow redirects, 10 at most");
  add("srv", po::bool_switch(&into.srv), "look up the port of http in the DNS (SRV record)");
  add("unix-socket", text(into.unix_socket, "PATH"), "connect to this Unix socket");
}

HttpField parse_field(const CommandLine& line, const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || !is_token(std::string_view(text).substr(0, colon)))
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
  const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    throw line.wrong("-d @" + printable(name) + ": " + std::strerror(errno), "-d @FILE");
  return file;
}

void read_body(const CommandLine& line, const HttpArguments& given, const ClientOptions& options,
               HttpRequest& request) {
  if (given.data.starts_with('@')) {
    request.body_file = open_body(line, given.data.substr(1), options);
  } else {
    request.body = given.data;
    request.has_body = true;
  }
}

HttpPlan read_plan(const CommandLine& line, const HttpArguments& given, bool has_data,
                   const ClientOptions& options) {
  HttpPlan plan;
  plan.url = parse_http_url(line.operands()[0]);
  plan.follow = given.follow;
  plan.srv = given.srv;
  plan.unix_socket = given.unix_socket;
  if (given.srv && plan.url.explicit_port)
    throw line.wrong("--srv looks up the port, but the URL has one already", "one of the two");
  if (given.srv && parse_address(plan.url.host))
    throw line.wrong(
        "--srv looks up the SRV record of a name, but " + plan.url.host + " is an address",
        "http://www.lab.test/, or the address without --srv");
  if (given.srv && !given.unix_socket.empty())
    throw line.wrong("--srv and --unix-socket exclude each other", "one of the two");
  if (given.head && has_data) throw line.wrong("-I and -d exclude each other", "-X METHOD -d DATA");
  if (!given.output.empty() && (given.head || given.include))
    throw line.wrong("-o saves the body, and " + std::string(given.head ? "-I" : "-i") +
                         " shows the head: they exclude each other",
                     "one of the two, or > FILE");
  if (!given.output.empty() && options.json)
    throw line.wrong("--json and -o exclude each other", "one of the two");
  if (has_data) read_body(line, given, options, plan.request);
  if (has_data) plan.request.method = "POST";
  if (given.head) plan.request.method = "HEAD";
  if (!given.method.empty()) plan.request.method = given.method;
  if (!is_token(plan.request.method))
    throw line.wrong("-X: '" + printable(given.method) + "' is not a method", "-X GET");
  for (const auto& text : given.headers) plan.request.fields.push_back(parse_field(line, text));
  return plan;
}

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

/// The exit status: for a response of 400 or more, prints the first one as an error.
int verdict(const std::vector<HttpFetched>& results) {
  const auto no = std::find_if(results.begin(), results.end(),
                               [](const HttpFetched& each) { return each.head.status >= 400; });
  if (no == results.end()) return 0;
  const auto& got = *no;
  const auto root = "http://" + got.url.authority() + "/";
  std::string advice = "portlab http -i " + got.url.text + " (the whole response)";
  if (got.head.status == 404 && got.url.text != root)
    advice = "portlab http " + root + " (what is there)";
  complain({Exit::peer_said_no,
            got.url.text + ": " + std::to_string(got.head.status) + " " +
                printable(got.head.reason) + ": " + meaning_of(got.head),
            advice});
  return static_cast<int>(Exit::peer_said_no);
}

json::object document_of(const HttpFetched& got, const CapturedText& body) {
  json::array fields;
  for (const auto& field : got.head.fields)
    fields.push_back({{"name", printable(field.name)}, {"value", printable(field.value)}});
  json::array hops;
  for (const auto& hop : got.hops)
    hops.push_back(
        {{"url", hop.url}, {"status", hop.status}, {"location", printable(hop.location)}});
  json::object out{
      {"url", got.url.text}, {"status", got.head.status}, {"reason", printable(got.head.reason)},
      {"fields", fields},    {"redirects", hops},         {"body_bytes", body.bytes()}};
  out["body"] = nullptr;  // not UTF-8, or too long
  if (const auto text = body.text()) out["body"] = *text;
  return out;
}

}  // namespace

int run_http(const Arguments& arguments) {
  CommandLine line(manual);
  HttpArguments given;
  describe(line, given);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(1, 1);
  const auto plan = read_plan(line, given, line.was_given("data"), *options);
  const bool visible = !options->quiet && !options->json;

  CapturedText kept;
  CapturedText not_shown;  // of all sessions but the first
  const auto shown = options->json          ? output_to(kept)
                     : given.output.empty() ? output_to_stdout(given.head || given.include)
                                            : output_to_file(given.output, visible);

  const auto ignored = output_to(not_shown);

  auto sessions = open_sessions(plan, *options);
  json::array cards;
  for (const auto& session : sessions)
    cards.push_back(to_json(card_of(session, "http", default_port_of("http"), *options)));
  std::vector<HttpFetched> results;
  for (auto& session : sessions) {
    auto& output = results.empty() ? *shown : *ignored;
    results.push_back(fetch(plan, std::move(session), *options, output));
  }
  hold(*options);
  if (options->json) {
    auto out = document_of(results.front(), kept);
    out["sessions"] = std::move(cards);
    print_json(out);
  }
  return verdict(results);
}

}  // namespace portlab
