using System.Collections.Immutable;
using System.Net;
using CsCheck;
using Larder.Security.Certificates;

namespace Larder.Security.Tests.Certificates;

/// <summary>When a certificate is renewed: at two thirds of its life, and when it no longer fits.</summary>
public sealed class RenewalDeciderTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly CertificateFacts Current = new()
    {
        NotBefore = Start,
        NotAfter = Start.AddDays(90),
        DnsNames = ["orders.larder.internal", "localhost"],
        Addresses = [IPAddress.Loopback],
        AuthorityKeyId = "aa",
    };

    private static readonly ServerNames Wanted = ServerNames.Create(Current.DnsNames, Current.Addresses);

    [Fact]
    public void RenewAt_OfNinetyDays_IsAfterSixty() => Assert.Equal(Start.AddDays(60), RenewalDecider.RenewAt(Current));

    [Theory]
    [InlineData(0, RenewalReason.None)]
    [InlineData(59.99, RenewalReason.None)]
    [InlineData(60, RenewalReason.Expiring)]
    [InlineData(1000, RenewalReason.Expiring)]
    [InlineData(-0.01, RenewalReason.NotYetValid)]
    public void Decide_ByTheClock(double day, RenewalReason expected) =>
        Assert.Equal(expected, RenewalDecider.Decide(Current, Wanted, "aa", Start.AddDays(day)));

    [Fact]
    public void Decide_AnotherAuthority_Renews() =>
        Assert.Equal(RenewalReason.AuthorityChanged, RenewalDecider.Decide(Current, Wanted, "bb", Start.AddDays(1)));

    [Fact]
    public void Decide_FewerNamesWanted_Keeps() =>
        Assert.Equal(RenewalReason.None, RenewalDecider.Decide(Current, ServerNames.Create(["localhost"], []), "aa", Start.AddDays(1)));

    [Fact]
    public void Decide_MoreWanted_Renews()
    {
        var now = Start.AddDays(1);
        Assert.Equal(RenewalReason.NamesChanged, RenewalDecider.Decide(Current, Wanted.WithFirst("new.example"), "aa", now));
        Assert.Equal(RenewalReason.NamesChanged,
            RenewalDecider.Decide(Current, ServerNames.Create(Wanted.DnsNames, [IPAddress.Parse("10.0.0.4")]), "aa", now));
    }

    [Fact]
    public void Decide_WhatWasJustIssuedForTheSameNames_IsKeptForTwoThirdsOfItsLife() =>
        Gen.Select(Gen.Int[2, 400], Gen.Double[0, 1], Gen.Int[0, 3]).Sample((days, part, names) =>
        {
            var wanted = ServerNames.Create(Enumerable.Range(0, names + 1).Select(index => $"n{index}.example"), []);
            var facts = Current with { NotAfter = Start.AddDays(days), DnsNames = wanted.DnsNames, Addresses = ImmutableArray<IPAddress>.Empty };
            var now = Start.AddSeconds((int)(days * 86_400 * part));
            var left = facts.NotAfter - now;
            var expected = left.Ticks * 3 <= (facts.NotAfter - facts.NotBefore).Ticks ? RenewalReason.Expiring : RenewalReason.None;
            return RenewalDecider.Decide(facts, wanted, "aa", now) == expected;
        });
}
