#pragma once
// From a URL to a response: sessions, redirects, SRV.

#include <optional>
#include <string>
#include <vector>

#include "clients/cli/options.hpp"
#include "clients/http/http_exchange.hpp"
#include "clients/http/http_url.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/tls_client.hpp"
#include "clients/net/tls_facts.hpp"

namespace portlab {

/// What to fetch, and how.
struct HttpPlan {
  HttpUrl url;
  HttpRequest request;       ///< Host and the default fields are added for each request
  std::string unix_socket;   ///< a path instead of the URL's host and port
  bool follow = false;       ///< follow redirects
  bool srv = false;          ///< look up host and port in SRV records
  TlsClient* tls = nullptr;  ///< for https; lives as long as the plan

  static constexpr unsigned redirects_max = 10;
};

/// A redirect that was followed.
struct HttpHop {
  std::string url;
  unsigned status = 0;
  std::string location;
};

/// The result of fetch().
struct HttpFetched {
  HttpHead head;
  HttpUrl url;  ///< of the last response
  std::vector<HttpHop> hops;
  std::optional<TlsFacts> tls;  ///< of the session of that response; nothing without TLS
  std::string error_text;       ///< the first bytes of the body of a 400
  std::vector<std::string> irregularities;  ///< what the RFC forbids in the responses
  std::vector<ClientSession> sessions;      ///< all sessions, kept open for --hold
};

/// Receives a response: its head, then its body in pieces.
class HttpOutput {
 public:
  virtual ~HttpOutput() = default;
  virtual void head(const HttpHead& head) = 0;
  virtual void body(Bytes bytes) = 0;
  /// The response is complete.
  virtual void finish() = 0;
};

/// Opens the first sessions of a plan (--sessions).
std::vector<ClientSession> open_sessions(const HttpPlan& plan, const ClientOptions& options);

/// Sends the request over the session; follows redirects, over new sessions, if the plan says so.
HttpFetched fetch(const HttpPlan& plan, ClientSession session, const ClientOptions& options,
                  HttpOutput& output);

/// The SRV name of the domain of a URL's host, "_http._tcp.lab.test" for "http://www.lab.test", for
/// hosts without their own record (RFC 2782 looks up only the name that the user gave).
std::string srv_name_of(const HttpUrl& url);

/// The request for a URL: with Host and the default fields, unless the user gave them ("Name:"
/// without a value removes one).
HttpRequest complete_request(const HttpPlan& plan, const HttpUrl& url);

}  // namespace portlab
