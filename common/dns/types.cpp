#include "common/dns/types.hpp"

#include "common/text.hpp"

namespace portlab::dns {
namespace {

struct NumberName {
  std::uint16_t number;
  std::string_view text;
};

// Entries of IANA's registry "Domain Name System (DNS) Parameters".
constexpr NumberName type_names[] = {
    {1, "A"},           {2, "NS"},       {3, "MD"},        {4, "MF"},       {5, "CNAME"},
    {6, "SOA"},         {7, "MB"},       {8, "MG"},        {9, "MR"},       {10, "NULL"},
    {11, "WKS"},        {12, "PTR"},     {13, "HINFO"},    {14, "MINFO"},   {15, "MX"},
    {16, "TXT"},        {17, "RP"},      {18, "AFSDB"},    {19, "X25"},     {20, "ISDN"},
    {21, "RT"},         {22, "NSAP"},    {23, "NSAP-PTR"}, {24, "SIG"},     {25, "KEY"},
    {26, "PX"},         {27, "GPOS"},    {28, "AAAA"},     {29, "LOC"},     {30, "NXT"},
    {31, "EID"},        {32, "NIMLOC"},  {33, "SRV"},      {34, "ATMA"},    {35, "NAPTR"},
    {36, "KX"},         {37, "CERT"},    {38, "A6"},       {39, "DNAME"},   {40, "SINK"},
    {41, "OPT"},        {42, "APL"},     {43, "DS"},       {44, "SSHFP"},   {45, "IPSECKEY"},
    {46, "RRSIG"},      {47, "NSEC"},    {48, "DNSKEY"},   {49, "DHCID"},   {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},    {53, "SMIMEA"},   {55, "HIP"},     {56, "NINFO"},
    {57, "RKEY"},       {58, "TALINK"},  {59, "CDS"},      {60, "CDNSKEY"}, {61, "OPENPGPKEY"},
    {62, "CSYNC"},      {63, "ZONEMD"},  {64, "SVCB"},     {65, "HTTPS"},   {66, "DSYNC"},
    {99, "SPF"},        {104, "NID"},    {105, "L32"},     {106, "L64"},    {107, "LP"},
    {108, "EUI48"},     {109, "EUI64"},  {128, "NXNAME"},  {249, "TKEY"},   {250, "TSIG"},
    {251, "IXFR"},      {252, "AXFR"},   {253, "MAILB"},   {254, "MAILA"},  {255, "ANY"},
    {256, "URI"},       {257, "CAA"},    {258, "AVC"},     {259, "DOA"},    {260, "AMTRELAY"},
    {261, "RESINFO"},   {262, "WALLET"}, {32768, "TA"},    {32769, "DLV"},
};
constexpr NumberName class_names[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};
constexpr NumberName rcode_names[] = {
    {0, "NOERROR"},  {1, "FORMERR"},  {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"}, {7, "YXRRSET"},  {8, "NXRRSET"},  {9, "NOTAUTH"},
    {10, "NOTZONE"}, {16, "BADVERS"}, {17, "BADKEY"},  {18, "BADTIME"}, {23, "BADCOOKIE"},
};
constexpr NumberName opcode_names[] = {
    {0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"},
};

template <std::size_t n>
std::string name_for(const NumberName (&names)[n], std::uint16_t number, std::string_view prefix) {
  for (const auto& name : names)
    if (name.number == number) return std::string(name.text);
  return std::string(prefix) + std::to_string(number);
}

template <std::size_t n>
std::optional<std::uint16_t> number_for(const NumberName (&names)[n], std::string_view text,
                                        std::string_view prefix) {
  for (const auto& name : names)
    if (equal_ignoring_case(name.text, text)) return name.number;
  if (text.size() <= prefix.size() || !equal_ignoring_case(text.substr(0, prefix.size()), prefix))
    return std::nullopt;
  return parse_decimal<std::uint16_t>(text.substr(prefix.size()));
}

}  // namespace

std::string to_string(Type type) {
  return name_for(type_names, static_cast<std::uint16_t>(type), "TYPE");
}
std::string to_string(Class number) {
  return name_for(class_names, static_cast<std::uint16_t>(number), "CLASS");
}
std::string to_string(Rcode rcode) {
  return name_for(rcode_names, static_cast<std::uint16_t>(rcode), "RCODE");
}
std::string to_string(Opcode opcode) {
  return name_for(opcode_names, static_cast<std::uint16_t>(opcode), "OPCODE");
}

std::optional<Type> type_from_text(std::string_view text) {
  const auto number = number_for(type_names, text, "TYPE");
  if (!number) return std::nullopt;
  return static_cast<Type>(*number);
}

std::optional<Class> class_from_text(std::string_view text) {
  const auto number = number_for(class_names, text, "CLASS");
  if (!number) return std::nullopt;
  return static_cast<Class>(*number);
}

}  // namespace portlab::dns
