#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Mail::DKIM as a peer in ARC. A line of JSON comes in, a line of JSON goes out: {"message": …, "records": {NAME: TEXT}} is
# judged; {"message": …, "key": FILE, "selector": …, "domain": …, "id": AUTHSERV-ID, "chain": none|pass|fail} is sealed.
# Messages are bytes written as Latin-1, with CRLF.
use strict;
use warnings;

package Zone;    # in place of a Net::DNS::Resolver
sub new { return bless { records => {} }, shift }
sub errorstring { return 'NOERROR' }

sub send {
    my ($self, $name, $type) = @_;
    my $text = $self->{records}{ lc $name };
    my $packet = Net::DNS::Packet->new($name, $type);
    $packet->push(answer => Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => [ $text =~ /(.{1,255})/gs ]))
        if defined $text;
    return $packet;
}

package main;
use JSON::PP;

$| = 1;
unless (eval { require Mail::DKIM::ARC::Verifier; require Mail::DKIM::ARC::Signer; require Net::DNS; 1 }) {
    print "absent\n";
    exit 0;
}
my $zone = Zone->new;
Mail::DKIM::DNS::resolver($zone);
$SIG{__WARN__} = sub { };    # about values that are no numbers

sub feed {
    my ($reader, $message) = @_;
    utf8::downgrade($message);
    $reader->PRINT($message);
    $reader->CLOSE;
    return $reader;
}

sub judge {
    my ($case) = @_;
    $zone->{records} = $case->{records};
    my $chain = feed(Mail::DKIM::ARC::Verifier->new, $case->{message});
    return { result => $chain->result // 'none', detail => $chain->result_detail // '' };
}

sub seal {
    my ($case) = @_;
    my $signer = Mail::DKIM::ARC::Signer->new(
        Algorithm => 'rsa-sha256', Chain => $case->{chain}, Domain => $case->{domain}, SrvId => $case->{id},
        Selector => $case->{selector}, KeyFile => $case->{key}, Timestamp => time,
    );
    feed($signer, $case->{message});
    return { result => $signer->result, fields => join "\r\n", $signer->as_strings };
}

print "ready\n";
while (my $line = <STDIN>) {
    my $case = decode_json($line);
    my $answer = eval { $case->{key} ? seal($case) : judge($case) } // { result => 'crash', detail => "$@" };
    print JSON::PP->new->ascii->canonical->encode($answer), "\n";
}
