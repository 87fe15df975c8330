using System.Collections.Immutable;
using Larder.Engines;
using Larder.Management.Admission;
using Larder.Management.Contracts;
using Larder.Model.Engines;
using Larder.Model.Plans;
using Larder.Model.Specs;

namespace Larder.Host.Admission;

/// <summary>Whether the engine understands the access policies: a command that it does not have is found when a spec is applied.</summary>
/// <param name="catalogue">The engines.</param>
/// <param name="check">Asks an engine; see <see cref="Controller.Caches.CacheController.CheckPermissionsAsync"/>.</param>
internal sealed class AccessAdmission(
    IEngineCatalogue catalogue, Func<string, EngineInstallation, ImmutableArray<string>, CancellationToken, Task<ImmutableArray<string?>>> check) : IAdmissionCheck
{
    /// <inheritdoc/>
    public async ValueTask<AdmissionResult> CheckAsync(
        CacheSpec? current, CacheSpec desired, IReadOnlyList<CacheSpec> others, CancellationToken cancellationToken)
    {
        if (desired.Access == (current?.Access ?? new AccessSpec()) || EngineSelector.Select(desired, catalogue.Current.Installations).Installation is not { } engine)
        {
            return AdmissionResult.Fine; // Nothing new, or refused already.
        }

        // Built-in policies are asked for where they are used: an engine may lack what they need.
        var asked = desired.Access.Policies.Select(policy => (Field: $"access.policies.{policy.Key}", Text: policy.Value))
            .Concat(desired.Access.Users.Where(user => AccessPolicies.BuiltIn.ContainsKey(user.Value))
                .Select(user => (Field: $"access.users.{user.Key}", Text: AccessPolicies.BuiltIn[user.Value])))
            .ToList();
        if (asked.Count == 0)
        {
            return AdmissionResult.Fine;
        }

        try
        {
            var answers = await check(desired.Name, engine, [.. asked.Select(policy => policy.Text).Distinct(StringComparer.Ordinal)], cancellationToken);
            var problems = asked.Select(policy => policy.Text).Distinct(StringComparer.Ordinal).Zip(answers).ToDictionary(pair => pair.First, pair => pair.Second);
            return new AdmissionResult(
                [.. asked.Where(policy => problems[policy.Text] is not null).Select(policy => new PlanRefusalView(
                    policy.Field, null, policy.Text, $"{engine.Family} {engine.Version} does not take it: {problems[policy.Text]}.",
                    "Name commands and categories that this engine has."))],
                []);
        }
        catch (EngineException exception)
        {
            return new AdmissionResult(
                [new PlanRefusalView("access", null, null, $"the policies could not be checked: {exception.Message}", "Mend that, or leave the section out.")], []);
        }
    }
}
