using System.Collections.Immutable;
using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>The fields of the sections <c>access</c> and <c>firewall</c>, whose names the user gives.</summary>
internal static class AccessFields
{
    /// <summary>The fields of two specs.</summary>
    /// <param name="desired">What is wanted.</param>
    /// <param name="current">What there is; <c>null</c> at creation.</param>
    /// <returns>All of them: policies, users, firewall rules.</returns>
    public static IEnumerable<PlanField> Of(CacheSpec desired, CacheSpec? current)
    {
        IEnumerable<string> Names(Func<CacheSpec, ImmutableSortedDictionary<string, string>> section) =>
            section(desired).Keys.Union(current is null ? [] : section(current).Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return
        [
            .. Names(spec => spec.Access.Policies).Select(name => new PlanField(
                $"access.policies.{name}", spec => spec.Access.Policies.GetValueOrDefault(name), (spec, _) => spec.Access.Policies.ContainsKey(name)
                    ? "Users with this policy may do this from now on, on connections that are open too."
                    : "The policy is gone.")),
            .. Names(spec => spec.Access.Users).Select(name => new PlanField(
                $"access.users.{name}", spec => spec.Access.Users.GetValueOrDefault(name), (spec, before) => UserEffect(name, spec, before))),
            .. Names(spec => spec.Firewall.Rules).Select(name => new PlanField(
                $"firewall.{name}", spec => spec.Firewall.Rules.GetValueOrDefault(name), (spec, _) => FirewallEffect(spec))),
        ];
    }

    /// <summary>What about users and policies cannot be done.</summary>
    /// <param name="current">The stored spec; <c>null</c> at creation.</param>
    /// <param name="desired">What is wanted.</param>
    public static IEnumerable<PlanRefusal> Refusals(CacheSpec? current, CacheSpec desired)
    {
        foreach (var (user, policy) in desired.Access.Users.Where(user => AccessPolicies.Find(user.Value, desired.Access.Policies) is null))
        {
            var known = string.Join(", ", AccessPolicies.BuiltIn.Keys.Concat(desired.Access.Policies.Keys));
            yield return new PlanRefusal(
                $"access.users.{user}", current?.Access.Users.GetValueOrDefault(user), policy, $"There is no access policy '{policy}'.",
                $"Name one of these: {known}; or add it under access.policies.");
        }
    }

    private static string UserEffect(string name, CacheSpec spec, CacheSpec? before) =>
        !spec.Access.Users.ContainsKey(name) ? "The user is gone, with its keys; its connections are closed."
        : before?.Access.Users.ContainsKey(name) == true ? "The user may do what this policy says from now on, on connections that are open too."
        : $"The user gets two access keys of its own (larder keys {spec.Name} --user {name}).";

    private static string FirewallEffect(CacheSpec spec) => spec.Firewall.Rules.IsEmpty
        ? "Clients may come from everywhere that reaches the endpoint."
        : "Clients may come from the listed ranges alone; connections from elsewhere are closed.";
}
