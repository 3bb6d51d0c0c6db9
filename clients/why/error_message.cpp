#include "clients/why/error_message.hpp"

#include <netdb.h>

#include <array>
#include <boost/regex.hpp>
#include <cctype>
#include <cstring>
#include <vector>

namespace portlab {

namespace {

/// A phrase in small letters, and what it means.
struct Phrase {
  std::string words;
  std::optional<NetError> net_error;
  std::optional<SystemMessage> message;
};

struct ProgramPhrase {
  std::string_view words;
  NetError net_error;
};

/// What programs print in their own words.
constexpr ProgramPhrase of_programs[] = {
    // curl
    {"couldn't connect to server", NetError::refused},
    {"could not connect to server", NetError::refused},
    {"could not resolve host", NetError::name},
    {"could not resolve proxy", NetError::name},
    {"could not resolve hostname", NetError::name},  // ssh
    {"resolving timed out", NetError::name},
    {"timeout was reached", NetError::timeout},
    {"operation timed out", NetError::timeout},
    {"operation too slow", NetError::timeout},
    {"timed out", NetError::timeout},
    {"empty reply from server", NetError::closed},
    {"transfer closed with", NetError::closed},
    {"server closed abruptly", NetError::closed},
    {"received http/0.9 when not allowed", NetError::wrong_service},
    {"weird server reply", NetError::wrong_service},
    {"unsupported http version", NetError::wrong_service},
    {"http2 framing layer", NetError::wrong_service},
    {"unsupported http/1 subversion", NetError::wrong_service},
    {"wrong version number", NetError::wrong_service},
    {"packet length too long", NetError::wrong_service},
    {"unexpected eof while reading", NetError::closed},
    {"ssl certificate problem", NetError::certificate},
    {"no alternative certificate subject name matches", NetError::certificate},
    {"unable to get local issuer certificate", NetError::certificate},
    {"certificate verify failed", NetError::certificate},  // OpenSSL, Python
    {"self-signed certificate", NetError::certificate},
    {"self signed certificate", NetError::certificate},
    {"certificate has expired", NetError::certificate},
    {"certificate is not yet valid", NetError::certificate},
    {"hostname mismatch", NetError::certificate},
    {"alert protocol version", NetError::tls},
    {"alert handshake failure", NetError::tls},
    {"unsupported protocol", NetError::tls},
    {"no protocols available", NetError::tls},
    {"no shared cipher", NetError::tls},
    {"certificate required", NetError::tls},
    // wget
    {"unable to resolve host address", NetError::name},
    {"no data received", NetError::closed},
    {"malformed status line", NetError::wrong_service},
    {"is not trusted", NetError::certificate},
    {"cannot verify", NetError::certificate},
    {"doesn't match requested host name", NetError::certificate},
    // ssh
    {"connection closed by", NetError::closed},
    {"connection reset by", NetError::reset},
    {"invalid format", NetError::wrong_service},
    {"invalid ssh identification string", NetError::wrong_service},
    {"protocol mismatch", NetError::wrong_service},
    // dig, host, nslookup, ping
    {"nxdomain", NetError::name},
    {"server can't find", NetError::name},
    {"host unreachable", NetError::unreachable},
    {"net unreachable", NetError::unreachable},
    {"port unreachable", NetError::refused},
    // nc
    {"forward host lookup failed", NetError::name},
    {"host name lookup failure", NetError::name},
    {"unknown host", NetError::name},
    {"can't grab", NetError::in_use},
    // Python
    {"connectionrefusederror", NetError::refused},
    {"connectionreseterror", NetError::reset},
    {"connectionabortederror", NetError::reset},
    {"brokenpipeerror", NetError::reset},
    {"timeouterror", NetError::timeout},
    {"gaierror", NetError::name},
    {"remotedisconnected", NetError::closed},
    {"remote end closed connection without response", NetError::closed},
    {"incompleteread", NetError::closed},
    {"eoferror", NetError::closed},
    {"badstatusline", NetError::wrong_service},
    {"permissionerror", NetError::denied},
    {"connection aborted", NetError::reset},
    // Node.js, Go, Java
    {"enotfound", NetError::name},
    {"no such host", NetError::name},
    {"unknownhostexception", NetError::name},
    {"socket hang up", NetError::closed},
    {"i/o timeout", NetError::timeout},
    {"context deadline exceeded", NetError::timeout},
    {"malformed http response", NetError::wrong_service},
    // browsers
    {"err_connection_refused", NetError::refused},
    {"err_connection_timed_out", NetError::timeout},
    {"err_connection_reset", NetError::reset},
    {"err_connection_closed", NetError::closed},
    {"err_empty_response", NetError::closed},
    {"err_name_not_resolved", NetError::name},
    {"err_address_unreachable", NetError::unreachable},
    {"err_internet_disconnected", NetError::unreachable},
    {"err_invalid_http_response", NetError::wrong_service},
    {"dns_probe_finished_nxdomain", NetError::name},
    {"dns_probe_finished_no_internet", NetError::name},
    {"ns_error_connection_refused", NetError::refused},
    {"ns_error_net_timeout", NetError::timeout},
    {"ns_error_net_reset", NetError::reset},
    {"ns_error_unknown_host", NetError::name},
    {"refused to connect", NetError::refused},
    {"took too long to respond", NetError::timeout},
    {"server ip address could not be found", NetError::name},
    {"err_cert_authority_invalid", NetError::certificate},
    {"err_cert_common_name_invalid", NetError::certificate},
    {"err_cert_date_invalid", NetError::certificate},
    {"sec_error_unknown_issuer", NetError::certificate},
    {"ssl_error_bad_cert_domain", NetError::certificate},
    {"err_ssl_version_or_cipher_mismatch", NetError::tls},
    {"err_ssl_protocol_error", NetError::wrong_service},
    {"ssl_error_rx_record_too_long", NetError::wrong_service},
    // portlab
    {"the server's certificate", NetError::certificate},
    {"with the tls alert", NetError::tls},
    {"no common version", NetError::tls},
    {"answers http without tls", NetError::wrong_service},
    {"this port speaks tls", NetError::wrong_service},
    {"exists already (or did a moment ago", NetError::taken},
    {"sessions were rejected", NetError::rejected},
    {"no source port is left", NetError::taken},
    {"no machine answers at this address", NetError::unreachable},
    {"this machine has no route to it", NetError::unreachable},
    {"this machine does not have this address", NetError::not_available},
    {"this machine has no ipv", NetError::no_family},
    {"no file descriptor is left", NetError::descriptors},
    {"too long for one datagram", NetError::too_long},
    {"there is no such socket", NetError::no_socket},
    {"address in use", NetError::in_use},
    {"already in use", NetError::in_use},
};

struct ResolverError {
  int number;
  std::string_view name;
  std::optional<NetError> net_error;
};

constexpr ResolverError of_resolver[] = {
    {EAI_NONAME, "EAI_NONAME", NetError::name},
    {EAI_AGAIN, "EAI_AGAIN", NetError::name},
    {EAI_FAIL, "EAI_FAIL", NetError::name},
    {EAI_NODATA, "EAI_NODATA", NetError::name},
    {EAI_ADDRFAMILY, "EAI_ADDRFAMILY", NetError::name},
    {EAI_FAMILY, "EAI_FAMILY", NetError::no_family},
    {EAI_SERVICE, "EAI_SERVICE", std::nullopt},
    {EAI_SOCKTYPE, "EAI_SOCKTYPE", std::nullopt},
    {EAI_BADFLAGS, "EAI_BADFLAGS", std::nullopt},
    {EAI_MEMORY, "EAI_MEMORY", std::nullopt},
    {EAI_SYSTEM, "EAI_SYSTEM", std::nullopt},
    {EAI_OVERFLOW, "EAI_OVERFLOW", std::nullopt},
    {EAI_INPROGRESS, "EAI_INPROGRESS", std::nullopt},
    {EAI_CANCELED, "EAI_CANCELED", std::nullopt},
    {EAI_NOTCANCELED, "EAI_NOTCANCELED", std::nullopt},
    {EAI_ALLDONE, "EAI_ALLDONE", std::nullopt},
    {EAI_INTR, "EAI_INTR", std::nullopt},
    {EAI_IDN_ENCODE, "EAI_IDN_ENCODE", std::nullopt},
};

constexpr int errno_max = 4095;  // MAX_ERRNO of the kernel

/// In small letters, with one blank between words.
std::string simplified(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::optional<NetError> kind_of(int system_error) {
  // bind(2) reports these more often than connect(2).
  const bool at_bind = system_error == EADDRINUSE || system_error == EADDRNOTAVAIL;
  return net_error_of(system_error, at_bind);
}

std::vector<Phrase> make_phrases() {
  std::vector<Phrase> phrases;
  const auto add = [&](const char* words, const std::string& name, std::optional<NetError> kind,
                       std::string_view man) {
    Phrase phrase{simplified(words), kind, {}};
    if (!kind) phrase.message = SystemMessage{name, words, man};
    phrases.push_back(phrase);
    phrase.words = simplified(name);
    phrases.push_back(phrase);
  };
  for (int number = 1; number <= errno_max; ++number)
    if (const char* const name = ::strerrorname_np(number))
      add(::strerrordesc_np(number), name, kind_of(number), "errno(3)");
  for (const auto& each : of_resolver)
    add(::gai_strerror(each.number), std::string(each.name), each.net_error, "getaddrinfo(3)");
  for (const auto& each : of_programs)
    phrases.push_back({std::string(each.words), each.net_error, {}});
  return phrases;
}

/// Where the phrase is in the text the last time, as whole words; npos: nowhere.
std::size_t last_place(std::string_view text, std::string_view words) {
  const auto in_word = [&](std::size_t place) {
    const auto byte = static_cast<unsigned char>(place < text.size() ? text[place] : ' ');
    return std::isalnum(byte) != 0 || byte == '_';
  };
  for (auto place = text.rfind(words); place != std::string_view::npos;
       place = place == 0 ? std::string_view::npos : text.rfind(words, place - 1))
    if ((place == 0 || !in_word(place - 1)) && !in_word(place + words.size())) return place;
  return std::string_view::npos;
}

/// "127.0.0.1:83" from a line that names a host and a port.
std::string target_in(const std::string& line) {
  // An IPv4 address, an IPv6 address in brackets, or a name with a dot, or localhost.
  const std::string host =
      R"((\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:.]+\]|localhost|[\w-]+(?:\.[\w-]+)+))";
  const boost::regex forms[] = {
      boost::regex("(?:^|[\\s(/'\"@])" + host + R"(:(\d{1,5})(?!\d|\.\d))"),   // 127.0.0.1:83
      boost::regex(R"((?:^|[\s'"])([0-9A-Za-z.:_-]+),? port:? (\d{1,5})\b)"),  // 127.0.0.1 port 83
      boost::regex(R"(\[([0-9A-Fa-f.:]+)\] (\d{1,5})\b)"),  // [127.0.0.1] 83 (http)
      boost::regex(R"(host='([^']+)', port=(\d{1,5})\b)"),  // requests, urllib3
  };
  for (const auto& form : forms) {
    boost::smatch found;
    if (!boost::regex_search(line, found, form)) continue;
    auto name = found[1].str();
    if (name == "_ssl.c") continue;  // a line of Python's source
    if (name.find(':') != std::string::npos && !name.starts_with('[')) name = "[" + name + "]";
    return name + ":" + found[2].str();
  }
  return {};
}

/// "portlab why refused 127.0.0.1:83" in a line of ours.
std::optional<ErrorMessage> our_own_hint(const std::string& line) {
  boost::smatch found;
  if (!boost::regex_search(line, found, boost::regex(R"(portlab why ([\w-]+)(?: (\S+))?)")))
    return std::nullopt;
  const auto net_error = find_net_error(found[1].str());
  if (!net_error) return std::nullopt;
  return ErrorMessage{net_error, {}, found[2].str()};
}

}  // namespace

ErrorMessage read_error_message(std::string_view text) {
  constexpr std::size_t bytes_max = 2 * 1024;  // the cause is at the end of a long line
  const std::string line(text.substr(text.size() > bytes_max ? text.size() - bytes_max : 0));
  if (const auto hint = our_own_hint(line)) return *hint;
  static const auto phrases = make_phrases();
  const auto simple = simplified(line);
  const Phrase* best = nullptr;
  std::size_t best_end = 0;
  for (const auto& phrase : phrases) {
    const auto place = last_place(simple, phrase.words);
    if (place == std::string::npos) continue;
    const auto end = place + phrase.words.size();
    // At the same end, the longer phrase says more ("System error" in "File system error").
    if (best != nullptr &&
        (end < best_end || (end == best_end && phrase.words.size() <= best->words.size())))
      continue;
    best = &phrase;
    best_end = end;
  }
  if (best == nullptr) return {};
  return {best->net_error, best->message, best->net_error ? target_in(line) : std::string()};
}

}  // namespace portlab
