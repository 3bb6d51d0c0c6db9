"""Every type of record in a zone file, as other programs read and print it: dig, ldns, NSD, and portlab itself.

Tools that are not installed are skipped.
"""

import os
import re
import subprocess
import tempfile
import unittest

from portlab_testing import TIME_LIMIT, Portlabd, need, program

APEX = "example.org."
# The owner of each record is its type in lower case, with a number where a type has several.
RECORDS = r"""
a A 192.0.2.1
aaaa AAAA 2001:db8::1
cname CNAME www.example.
dname DNAME elsewhere.example.
ptr PTR host.example.
mb MB host.example.
mg MG member.example.
mr MR renamed.example.
minfo MINFO owner.example. errors.example.
mx MX 10 mail.example.
srv SRV 1 5 83 www.example.
txt TXT "two" "a;b \"c\" \195\164" plain
spf SPF "v=spf1 -all"
hinfo HINFO "PDP-11" "UNIX V7"
wks WKS 10.0.0.1 6 ( 25 80 )
rp RP louie.trantor.umd.edu. LAM1.people.umd.edu.
afsdb AFSDB 1 jack.toaster.com.
rt RT 10 relay.prime.com.
x25 X25 311061700956
isdn1 ISDN 150862028003217
isdn2 ISDN 150862028003217 004
px PX 10 ab.net2.it. O-ab.PRMD-net2.ADMDb.C-it.
gpos GPOS -32.6882 116.8652 10.0
key KEY 256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3
sig SIG A 5 2 3600 20030322173103 ( 20030220173103 2642 example.org. AQPSKmynfzW4kyBv015MUG2DeIQ3 )
talink TALINK h0.example. h2.example.
loc1 LOC 42 21 43.952 N 71 5 6.344 W -24m 1m 200m
loc2 LOC 32 7 19 S 116 2 25 E 10m
loc3 LOC 0 N 0 E 0.55m 0.05m 0m 90000000m
naptr1 NAPTR 100 50 "s" "http+I2L+I2C+I2R" "" _http._tcp.gatech.edu.
naptr2 NAPTR 100 10 "" "" "!^urn:cid:.+@([^\\.]+\\.)(.*)$!\\2!i" .
kx KX 10 kx.example.
cert1 CERT PGP 0 0 AQIDBA==
cert2 CERT PKIX 12345 8 ( AQID BA== )
ds DS 60485 5 1 ( 2BB183AF5F22588179A53B0A 98631FAD1A292118 )
cds CDS 60485 13 2 ( D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A )
sshfp SSHFP 2 1 123456789abcdef67890123456789abcdef67890
tlsa TLSA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971
smimea SMIMEA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971
rrsig RRSIG A 8 3 300 20300322173103 ( 20200220173103 2642 example.org.
      oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTr PYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6o )
nsec NSEC host.example.org. ( A MX RRSIG NSEC TYPE1234 CAA )
0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 1 12 aabbccdd ( 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG )
nsec3param NSEC3PARAM 1 0 12 aabbccdd
dnskey DNSKEY 256 3 8 ( AQPSKmynfzW4kyBv015MUG2DeIQ3 Cbl+BBZH4b/0PY1k )
cdnskey CDNSKEY 257 3 13 ( AQPSKmynfzW4kyBv015MUG2DeIQ3 Cbl+BBZH4b/0PY1k )
dhcid DHCID ( AAIBY2/AuCccgoJbsaxcQc9TUapptP69l OjxfNuVAA2kjEA= )
openpgpkey OPENPGPKEY mQINBFit2jsBEADrbl5v
csync CSYNC 66 3 A NS AAAA
zonemd ZONEMD 2018031900 1 1 ( c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3
      a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c )
svcb1 SVCB 16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )
svcb2 SVCB 1 foo.example.org. key667="hello\210qoo"
svcb3 SVCB 1 foo.example.org. ipv6hint=2001:db8::1,2001:db8::53:1 port=53
https1 HTTPS 0 foo.example.org.
https2 HTTPS 1 . alpn=h3 no-default-alpn ech=AQIDBA==
nid NID 10 0014:4fff:ff20:ee64
l32 L32 10 10.1.2.0
l64 L64 10 2001:0DB8:1140:1000
lp LP 10 l64-subnet1.example.org.
eui48 EUI48 00-00-5e-00-53-2a
eui64 EUI64 00-00-5e-ef-10-00-00-2a
uri URI 10 1 "ftp://ftp1.example.com/public"
apl1 APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:FF00:0:0:0:0:0:0:0/8
apl2 APL ( 1:224.0.0.0/4 )
ipseckey1 IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
ipseckey2 IPSECKEY 10 3 2 mygateway.example.com. AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
ipseckey3 IPSECKEY 10 2 2 2001:0DB8:0:8002::2000:1 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
ipseckey4 IPSECKEY 10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
hip1 HIP ( 2 200100107B1A74DF365639CC39F1D578
      AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D )
hip2 HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs1.example.com. rvs2
caa1 CAA 0 issue "ca1.example.net"
caa2 CAA 128 tbs "Unknown"
unknown TYPE1234 \# 3 616263
"""
HEAD = "$TTL 300\n@ SOA ns root 1 3600 600 604800 60\n@ NS ns.example.\n"
QUESTIONS = re.findall(r"^(\w+) (\w+) ", RECORDS, re.MULTILINE)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


class Records(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        program("PORTLABD")
        cls.folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        os.chmod(cls.folder.name, 0o755)  # for the user that root's portlabd changes to
        cls.zone = cls.write("example.org.zone", f"$ORIGIN {APEX}\n" + HEAD + RECORDS)
        cls.server = cls.serve(cls.zone)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)
        cls.folder.cleanup()

    @classmethod
    def write(cls, name, text):
        path = os.path.join(cls.folder.name, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    @classmethod
    def serve(cls, zone):
        server = Portlabd("--zone", f"{APEX}={zone}", "dns=0")
        server.__enter__()
        return server

    def dig(self, server, *options):
        """TYPE and data of each record, as dig prints them."""
        need("dig")
        questions = [word for owner, rtype in QUESTIONS for word in (f"{owner}.{APEX}", rtype)]
        text = run("dig", "@127.0.0.1", "-p", str(server.port("dns")), "+tries=1", "+tcp", "+keepopen", "+noall",
                   "+answer", *options, *questions)
        found = {}
        for line in text.splitlines():
            if line and not line.startswith(";"):
                owner, _, _, rtype, data = line.split(None, 4)
                found[owner.split(".")[0]] = rtype, data
        self.assertEqual(sorted(found), sorted(owner for owner, _ in QUESTIONS), text)
        return found

    def raw(self, server):
        """The wire format of each record, in hexadecimal, as dig got it."""
        found = {}
        for owner, (_, data) in self.dig(server, "+unknownformat").items():
            words = data.split()
            self.assertEqual(words[0], "\\#")
            found[owner] = "".join(words[2:]).lower()
        return found

    def check_text(self, name, texts):
        """The texts are the same records again, for portlabd and for NSD."""
        zone = self.write(name, HEAD + "".join(f"{owner} {texts[owner]}\n" for owner, _ in QUESTIONS))
        server = self.serve(zone)
        try:
            self.assertEqual(self.raw(server), self.raw(self.server))
        finally:
            server.__exit__(None, None, None)
        return zone

    def test_nothing_is_left_out(self):
        self.assertNotIn("left out", self.server.log())
        self.assertIn("does not do DNSSEC", self.server.log())

    def test_ldns_reads_the_same_bytes(self):
        need("ldns-read-zone", "dig")
        unknown = [word for rtype in sorted({rtype for _, rtype in QUESTIONS}) if not rtype.startswith("TYPE")
                   for word in ("-u", rtype)]
        done = subprocess.run(["ldns-read-zone", *unknown, self.zone], capture_output=True, text=True,
                              timeout=TIME_LIMIT, check=False)
        found = {}
        for line in done.stdout.splitlines():
            owner, _, _, _, data = line.split(None, 4)
            words = data.split(";")[0].split()
            if words[0] == "\\#":
                found[owner.split(".")[0]] = "".join(words[2:]).lower()
        ours = self.raw(self.server)
        self.assertGreater(len(found), 30, done.stderr)
        for owner, data in found.items():
            if owner in ours:
                self.assertEqual(ours[owner], data, owner)

    def check_with_nsd(self, zone):
        """NSD accepts the zone, without the types that its version does not know."""
        need("nsd-checkzone")
        found = subprocess.run(["nsd-checkzone", APEX, zone], capture_output=True, text=True, timeout=TIME_LIMIT,
                               check=False)
        unknown = set(re.findall(r"unrecognized RR type '(\w+)'", found.stdout + found.stderr))
        self.assertLess(len(unknown), 10, found)
        with open(zone, encoding="ascii") as file:
            records = re.split(r"\n(?! )", file.read())  # a record may go on in the next line
        known = "\n".join(each for each in records if not unknown & set(each.split()[1:2])) + "\n"
        self.assertIn("is ok", run("nsd-checkzone", APEX, self.write("known.zone", known)))

    def test_nsd_accepts_the_zone(self):
        self.check_with_nsd(self.zone)

    def test_the_text_of_dig_is_read_back(self):
        self.check_text("dig.zone", {owner: " ".join(words) for owner, words in self.dig(self.server).items()})

    def test_the_text_of_portlab_is_read_back_and_that_of_dig(self):
        texts = {}
        expected = self.dig(self.server, "+nosplit")
        for owner, rtype in QUESTIONS:
            line = run(program("PORTLAB"), "dns", f"{owner}.{APEX}", rtype, "--quiet", "--dns",
                       f"127.0.0.1:{self.server.port('dns')}").strip()
            texts[owner] = " ".join(line.split(None, 3)[2:])
            if rtype in ("CERT", "NID", "L64", "TYPE1234"):
                continue  # dig prints names, omits leading zeros, prints upper case
            self.assertEqual(texts[owner].split(None, 1)[1], expected[owner][1], f"{owner} {rtype}")
        zone = self.check_text("portlab.zone", texts)
        self.check_with_nsd(zone)


class SignedZone(unittest.TestCase):
    def test_a_zone_that_ldns_signed_is_served_with_a_warning(self):
        need("ldns-keygen", "ldns-signzone", "dig")
        with tempfile.TemporaryDirectory(prefix="portlab-test-") as folder:
            os.chmod(folder, 0o755)
            zone = os.path.join(folder, "example.org.zone")
            with open(zone, "w", encoding="ascii") as file:
                file.write(f"$ORIGIN {APEX}\n" + HEAD + "a A 192.0.2.1\nb CNAME a\n*.w TXT x\nsub NS ns.sub\n"
                           "ns.sub A 192.0.2.2\n")
            made = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", APEX], cwd=folder, capture_output=True,
                                  text=True, timeout=TIME_LIMIT, check=True).stdout.strip()
            for extra in ([], ["-n"]):  # NSEC, NSEC3
                subprocess.run(["ldns-signzone", *extra, "-f", zone + ".signed", zone, made], cwd=folder, check=True,
                               timeout=TIME_LIMIT, capture_output=True)
                with Portlabd("--zone", zone + ".signed", "dns=0") as server:
                    self.assertEqual(server.log().count("does not do DNSSEC"), 1, server.log())
                    ask = ("dig", "@127.0.0.1", "-p", str(server.port("dns")), "+short", "+tcp")
                    self.assertEqual(run(*ask, "a." + APEX, "A"), "192.0.2.1\n")
                    self.assertEqual(run(*ask, "b." + APEX, "A"), f"a.{APEX}\n192.0.2.1\n")
                    self.assertIn("257 3 13" if "257" in run(*ask, APEX, "DNSKEY") else "256 3 13",
                                  run(*ask, APEX, "DNSKEY"))
                    self.assertIn("SOA 13 2 300", run(*ask, APEX, "RRSIG"))


if __name__ == "__main__":
    unittest.main()
