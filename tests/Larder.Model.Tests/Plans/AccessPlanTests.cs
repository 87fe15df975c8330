using System.Collections.Immutable;
using Larder.Model.Plans;
using Larder.Model.Specs;

namespace Larder.Model.Tests.Plans;

/// <summary>What a plan says of users, policies and firewall rules.</summary>
public sealed class AccessPlanTests
{
    private static readonly CacheSpec Plain = new() { Name = "orders", MemoryMb = 64, Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1 } };

    [Fact]
    public void Each_user_policy_and_rule_is_a_line_of_its_own()
    {
        var desired = Plain with
        {
            Access = new AccessSpec { Policies = Texts(("narrow", "+@read ~a:*")), Users = Texts(("app", "narrow"), ("bi", "Data Reader")) },
            Firewall = new FirewallSpec { Rules = Texts(("office", "10.0.0.0/24")) },
        };
        var plan = SpecPlanner.Plan(Plain, desired, Context);
        Assert.Empty(plan.Refusals);
        Assert.Equal(
            ["access.policies.narrow", "access.users.app", "access.users.bi", "firewall.office"], plan.Changes.Select(change => change.Field));
        Assert.All(plan.Changes, change => Assert.Equal(PlanChangeKind.Addition, change.Kind));
        Assert.Contains("larder keys orders --user app", plan.Changes[1].Effect, StringComparison.Ordinal);

        var back = SpecPlanner.Plan(desired, Plain, Context);
        Assert.All(back.Changes, change => Assert.Equal(PlanChangeKind.Removal, change.Kind));
        Assert.Contains("its connections are closed", back.Changes[1].Effect, StringComparison.Ordinal);
        Assert.Equal(PlanKind.None, SpecPlanner.Plan(desired, desired, Context).Kind);
    }

    [Fact]
    public void A_policy_that_is_not_there_is_refused_with_those_that_are()
    {
        var desired = Plain with { Access = new AccessSpec { Policies = Texts(("narrow", "+@read ~a:*")), Users = Texts(("app", "Data reader")) } };
        var refusal = Assert.Single(SpecPlanner.Plan(null, desired, Context).Refusals);
        Assert.Equal("access.users.app", refusal.Field);
        Assert.Contains("Data Contributor, Data Owner, Data Reader, narrow", refusal.Instead, StringComparison.Ordinal);
    }

    private static PlanContext Context => Catalogue.With(Catalogue.Redis70);

    private static ImmutableSortedDictionary<string, string> Texts(params (string Name, string Value)[] entries) =>
        entries.ToImmutableSortedDictionary(entry => entry.Name, entry => entry.Value, StringComparer.Ordinal);
}
