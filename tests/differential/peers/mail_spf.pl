#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Mail::SPF as a peer: see ../README.md for what comes in and what goes out.
use strict;
use warnings;

package Zone;    # in place of a Net::DNS::Resolver
sub new { return bless { records => {}, error => '' }, shift }
sub errorstring { return $_[0]{error} }

sub record {
    my ($type, $value) = @_;
    my %data = $type eq 'TXT' ? (txtdata => [$value]) : $type eq 'MX' ? (preference => $value->[0], exchange => $value->[1])
        : $type eq 'PTR' ? (ptrdname => $value) : (address => $value);
    return Net::DNS::RR->new(name => 'owner.example', type => $type, %data);
}

sub send {
    my ($self, $name, $type) = @_;
    my $records = $self->{records}{ lc $name };
    $self->{error} = $records && $records->{TIMEOUT} ? 'query timed out' : '';
    return if $self->{error};
    my $packet = Net::DNS::Packet->new('owner.example', $type);
    $packet->header->rcode($records ? 'NOERROR' : 'NXDOMAIN');
    $packet->push(answer => map { record($type, $_) } @{ $records->{$type} || [] });
    return $packet;
}

package main;
use JSON::PP;

$| = 1;
unless (eval { require Mail::SPF; require Net::DNS; 1 }) {
    print "absent: install libmail-spf-perl\n";
    exit 0;
}
$SIG{__WARN__} = sub { };    # about records that it cannot read
my $zone   = Zone->new;
my $server = Mail::SPF::Server->new(
    dns_resolver                  => $zone,
    hostname                      => 'unknown',
    default_authority_explanation => 'DEFAULT',
    query_rr_types                => Mail::SPF::Server->query_rr_type_txt
);

# An explanation as one word.
sub explanation {
    my ($judged) = @_;
    return '(' . $judged->code . ')' if $judged->code ne 'fail';
    my $text = $judged->authority_explanation;
    $text =~ s/([^\x21-\x7e])/sprintf '\\x%02x', ord $1/ge;
    return "=$text";
}

sub judge {
    my ($case) = @_;
    $zone->{records} = $case->{zone};
    my $is_null = $case->{from} eq '';
    my $result = eval {
        my $request = Mail::SPF::Request->new(
            versions      => [1],
            scope         => $is_null ? 'helo' : 'mfrom',
            identity      => $is_null ? $case->{helo} : $case->{from},
            ip_address    => $case->{ip},
            helo_identity => $case->{helo}
        );
        my $judged = $server->process($request);
        return explanation($judged) if $case->{explain};
        $judged->code . ' ' . $judged->text;
    } // 'crash ' . (ref $@ || $@);
    $result =~ s/[^\x20-\x7e]/?/g;
    return $result;
}

print "ready\n";
while (my $line = <STDIN>) {
    print judge(decode_json($line)), "\n";
}
