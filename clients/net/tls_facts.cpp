#include "clients/net/tls_facts.hpp"

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <ctime>

#include "clients/cli/terminal.hpp"
#include "clients/net/openssl_pointers.hpp"
#include "common/net.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

std::string text_of(const ASN1_STRING* string) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, string);
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

/// All of a name, as RFC 2253 writes it; characters outside ASCII as UTF-8.
std::string whole(const X509_NAME* name) {
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (!out ||
      X509_NAME_print_ex(out.get(), name, 0,
                         XN_FLAG_RFC2253 & ~static_cast<unsigned>(ASN1_STRFLGS_ESC_MSB)) < 0)
    return {};
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

/// The first part of this kind; empty where there is none.
std::string part_of(X509_NAME* name, int kind) {
  const int at = X509_NAME_get_index_by_NID(name, kind, -1);
  if (at < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::string short_name(X509_NAME* name) {
  for (const int kind : {NID_commonName, NID_organizationName})
    if (auto part = part_of(name, kind); !part.empty()) return part;
  const auto all = whole(name);
  return all.empty() ? "an issuer without a name" : all;
}

/// An iPAddress of RFC 5280 section 4.2.1.6: 4 or 16 bytes.
std::string address_text(const ASN1_OCTET_STRING* bytes) {
  const auto* const data = ASN1_STRING_get0_data(bytes);
  const auto size = ASN1_STRING_length(bytes);
  asio::ip::address_v4::bytes_type v4{};
  asio::ip::address_v6::bytes_type v6{};
  if (size == static_cast<int>(v4.size())) {
    std::copy_n(data, v4.size(), v4.begin());
    return asio::ip::address_v4(v4).to_string();
  }
  if (size == static_cast<int>(v6.size())) {
    std::copy_n(data, v6.size(), v6.begin());
    return asio::ip::address_v6(v6).to_string();
  }
  return {};
}

std::vector<std::string> alternative_names(const X509& certificate) {
  std::vector<std::string> names;
  const NamesPointer found(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!found) return names;
  for (int i = 0; i < sk_GENERAL_NAME_num(found.get()); ++i) {
    const auto* const each = sk_GENERAL_NAME_value(found.get(), i);
    std::string name = each->type == GEN_DNS     ? text_of(each->d.dNSName)
                       : each->type == GEN_IPADD ? address_text(each->d.iPAddress)
                                                 : std::string();
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

std::string time_text(std::int64_t seconds, const char* form) {
  const std::time_t time = seconds;
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return "an unknown date";
  std::string text(64, '\0');
  text.resize(std::strftime(text.data(), text.size(), form, &parts));
  return text;
}

}  // namespace

CertificateFacts facts_of(const X509& certificate) {
  auto* const subject = X509_get_subject_name(&certificate);
  auto* const issuer = X509_get_issuer_name(&certificate);
  CertificateFacts facts;
  facts.subject = whole(subject);
  facts.issuer = whole(issuer);
  facts.subject_name = short_name(subject);
  facts.issuer_name = short_name(issuer);
  facts.names = alternative_names(certificate);
  if (const auto common = part_of(subject, NID_commonName); facts.names.empty() && !common.empty())
    facts.names.push_back(common);
  facts.not_before = seconds_of(X509_get0_notBefore(&certificate));
  facts.not_after = seconds_of(X509_get0_notAfter(&certificate));
  return facts;
}

std::string date_text(std::int64_t seconds) { return time_text(seconds, "%Y-%m-%d"); }

std::string certificate_text(std::string_view text) {
  constexpr std::size_t bytes_max = 80;
  const auto shown = printable(text);
  if (shown.size() <= bytes_max) return shown;
  return displayable(shown, bytes_max - 3) + "...";
}

std::string names_text(const std::vector<std::string>& names) {
  constexpr std::size_t shown_max = 3;
  if (names.empty()) return "no name";
  const auto shown = std::min(names.size(), shown_max);
  const auto others = names.size() - shown;
  std::string text = certificate_text(names.front());
  for (std::size_t i = 1; i < shown; ++i)
    text += (i + 1 == shown && others == 0 ? " and " : ", ") + certificate_text(names[i]);
  if (others > 0) text += " and " + std::to_string(others) + " more";
  return text;
}

std::string describe_tls(const TlsFacts& facts, std::string_view separator) {
  const auto& certificate = facts.certificate;
  std::string text = facts.version;
  text += separator;
  if (!facts.verified) text += "not verified: " + facts.error + std::string(separator);
  const bool names_host =
      facts.verified ||
      std::any_of(certificate.names.begin(), certificate.names.end(),
                  [&](const std::string& name) { return equal_ignoring_case(name, facts.host); });
  text += "certificate for " +
          (names_host ? certificate_text(facts.host) : names_text(certificate.names));
  text += certificate.issuer == certificate.subject
              ? ", by itself"
              : ", by " + certificate_text(certificate.issuer_name);
  return text + ", until " + date_text(certificate.not_after);
}

json::object to_json(const TlsFacts& facts) {
  const auto& certificate = facts.certificate;
  const auto time = [](std::int64_t seconds) { return time_text(seconds, "%Y-%m-%dT%H:%M:%SZ"); };
  json::array names;
  for (const auto& name : certificate.names) names.emplace_back(printable(name));
  json::object out{{"version", facts.version},
                   {"cipher", facts.cipher},
                   {"alpn", nullptr},
                   {"subject", printable(certificate.subject)},
                   {"issuer", printable(certificate.issuer)},
                   {"names", std::move(names)},
                   {"not_before", time(certificate.not_before)},
                   {"not_after", time(certificate.not_after)},
                   {"verified", facts.verified},
                   {"error", nullptr}};
  if (!facts.alpn.empty()) out["alpn"] = printable(facts.alpn);
  if (!facts.verified) out["error"] = facts.error;
  return out;
}

}  // namespace portlab
