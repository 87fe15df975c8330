using System.Collections.Immutable;
using System.Globalization;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>
/// Compares the stored spec of a cache with a wanted one. Pure: the same input gives the same plan, and nothing outside is looked at.
/// Planning a spec against itself gives an empty plan, whatever the catalogue has.
/// </summary>
public static class SpecPlanner
{
    /// <summary>Plans.</summary>
    /// <param name="current">The stored spec; <c>null</c> where the cache does not exist.</param>
    /// <param name="desired">The wanted spec.</param>
    /// <param name="context">The engines, and the one that the cache runs.</param>
    /// <returns>The plan; it must not be carried out where it has refusals.</returns>
    public static SpecPlan Plan(CacheSpec? current, CacheSpec desired, PlanContext context)
    {
        ArgumentNullException.ThrowIfNull(desired);
        ArgumentNullException.ThrowIfNull(context);
        var refusals = new List<PlanRefusal>();
        var wanted = desired;
        if (current is not null)
        {
            if (!string.Equals(current.Name, desired.Name, StringComparison.OrdinalIgnoreCase))
            {
                refusals.Add(new PlanRefusal(
                    "name", current.Name, desired.Name, "A cache keeps its name for life.",
                    $"Keep the name {current.Name}, or apply the file without an existing cache to create {desired.Name} beside it."));
            }

            // Names are compared without case; how the cache was spelled first stays.
            wanted = desired with { Name = current.Name };
        }

        refusals.AddRange(UnsupportedYet.Refusals(current, wanted));
        refusals.AddRange(EndpointRefusals(current, wanted));
        refusals.AddRange(BackupRefusals(current, wanted));
        refusals.AddRange(AccessFields.Refusals(current, wanted));
        var engine = ChooseEngine(current, wanted, context, refusals);
        if (wanted.Durability == DurabilityMode.Quorum && engine is { Family: EngineFamily.Garnet } && current?.Durability != DurabilityMode.Quorum)
        {
            refusals.Add(new PlanRefusal(
                "durability", current is null ? null : SpecWords.Of(current.Durability), SpecWords.Of(wanted.Durability),
                "Garnet has no WAIT, so that nobody can tell when a replica has a write.",
                "Set durability: async, or create the cache with engine: redis or engine: valkey."));
        }

        var fields = PlanFields.Of(wanted, current);
        if (wanted.Redis.Persistence == PersistenceMode.AofDual && current is null && engine is not null && !SplitsItsLog(engine))
        {
            refusals.Add(new PlanRefusal(
                "redis.persistence", null, "AOF_DUAL",
                $"{engine.Family} {engine.Version} keeps its log in the node's own folder: it cannot lie in a second storage.",
                "Set persistence: AOF, or run Redis 7.0 or newer, or Valkey."));
        }

        var changes = Compare(current, wanted, fields, refusals);
        return new SpecPlan
        {
            Kind = current is null ? PlanKind.Create
                : changes.IsEmpty && refusals.Count == 0 ? PlanKind.None
                : PlanKind.Update,
            Spec = wanted,
            Engine = engine,
            Changes = changes,
            Refusals = InFormOrder(refusals, fields),
        };
    }

    private static ImmutableArray<PlanChange> Compare(
        CacheSpec? current, CacheSpec desired, ImmutableArray<PlanField> fields, List<PlanRefusal> refusals)
    {
        var changes = ImmutableArray.CreateBuilder<PlanChange>();
        foreach (var field in fields)
        {
            var from = current is null ? null : field.Read(current);
            var to = field.Read(desired);
            if (from == to)
            {
                continue;
            }

            if (current is not null && field.Refuse(current, desired) is { } refusal)
            {
                // What cannot change at all needs no second reason beside it.
                refusals.RemoveAll(other => other.Field == field.Path);
                refusals.Add(refusal);
            }
            else if (!refusals.Exists(other => other.Field == field.Path))
            {
                var kind = from is null ? PlanChangeKind.Addition : to is null ? PlanChangeKind.Removal : PlanChangeKind.Change;
                changes.Add(new PlanChange(field.Path, kind, from, to, Sentence(field.Effect(desired, current))));
            }
        }

        return changes.ToImmutable();
    }

    private static EngineInstallation? ChooseEngine(CacheSpec? current, CacheSpec desired, PlanContext context, List<PlanRefusal> refusals)
    {
        var selection = current is not null && context.Installation is { } installation
            ? EngineSelector.Reselect(current, desired, installation, context.Catalogue)
            : EngineSelector.Select(desired, context.Catalogue);
        if (current is not null && context.Installation is null)
        {
            if (current.Engine is { } had && desired.Engine is { } wanted && had != wanted)
            {
                refusals.Add(EngineSelector.OtherFamily(current.Name, had, wanted));
                return null;
            }

            if (VersionRequest.Parse(current.Redis.RedisVersion) is { } before
                && VersionRequest.Parse(desired.Redis.RedisVersion) is { } after
                && after.IsBelow(before))
            {
                refusals.Add(EngineSelector.LowerVersion(before.Text, after));
                return null;
            }

            if (current.Engine == desired.Engine && current.Redis.RedisVersion == desired.Redis.RedisVersion)
            {
                // Nothing about the engine was asked: what is missing is the status's to report, not a reason to refuse other changes.
                return selection.Installation;
            }
        }

        if (selection.Refusal is { } refusal)
        {
            refusals.Add(refusal);
        }

        return selection.Installation;
    }

    private static IEnumerable<PlanRefusal> EndpointRefusals(CacheSpec? current, CacheSpec desired)
    {
        var endpoint = desired.Endpoint;
        if (current is not null && current.Endpoint == endpoint && current.PublicNetworkAccess == desired.PublicNetworkAccess)
        {
            yield break;
        }

        if (endpoint.Address is { } text && !desired.PublicNetworkAccess)
        {
            if (AddressScope.Parse(text) is not { } address)
            {
                yield return new PlanRefusal(
                    "endpoint.address", current?.Endpoint.Address, text, $"'{text}' is not an IP address.", "Write an IPv4 or IPv6 address of this host.");
            }
            else if (AddressScope.IsPublic(address))
            {
                yield return new PlanRefusal(
                    "endpoint.address", current?.Endpoint.Address, text,
                    IsUnspecified(text)
                        ? $"{text} stands for every address of this host, public ones included, and publicNetworkAccess is Disabled."
                        : $"{text} is a public address, and publicNetworkAccess is Disabled.",
                    "Choose a loopback or private address, or set publicNetworkAccess: Enabled if clients of public networks are wanted.");
            }
        }

        if (endpoint.TlsPort is { } port && port == endpoint.PlainPort)
        {
            var both = port.ToString(CultureInfo.InvariantCulture);
            yield return new PlanRefusal(
                "endpoint.plain_port", current?.Endpoint.PlainPort?.ToString(CultureInfo.InvariantCulture), both,
                $"endpoint.tls_port is {both} too; one port serves either TLS or plain connections.", "Choose another plain_port.");
        }
    }

    private static IEnumerable<PlanRefusal> BackupRefusals(CacheSpec? current, CacheSpec desired)
    {
        var persistence = desired.Redis.Persistence;
        if (desired.Backup.WindowHours > 0 && persistence is not (PersistenceMode.Aof or PersistenceMode.AofDual))
        {
            yield return new PlanRefusal(
                "backup.window_hours", current?.Backup.WindowHours.ToString(CultureInfo.InvariantCulture),
                desired.Backup.WindowHours.ToString(CultureInfo.InvariantCulture),
                $"persistence is {SpecWords.Of(persistence)}: there is no log whose history could be kept.",
                "Leave window_hours out, or create the cache with persistence: AOF.");
        }

        if (desired.Backup.Restore == RestoreMode.Automatic && persistence == PersistenceMode.Disabled)
        {
            yield return new PlanRefusal(
                "backup.restore", current is null ? null : SpecWords.Of(current.Backup.Restore), SpecWords.Of(desired.Backup.Restore),
                "persistence is Disabled: no backups are taken that could be restored.",
                "Leave restore out, or create the cache with persistence: RDB.");
        }
    }

    private static bool SplitsItsLog(EngineInstallation engine) =>
        engine.Family == EngineFamily.Valkey || (engine.Family == EngineFamily.Redis && engine.Version.Major >= 7);

    private static bool IsUnspecified(string text) => AddressScope.Parse(text) is { } address
        && (address.Equals(System.Net.IPAddress.Any) || address.Equals(System.Net.IPAddress.IPv6Any));

    private static ImmutableArray<PlanRefusal> InFormOrder(List<PlanRefusal> refusals, ImmutableArray<PlanField> fields)
    {
        var order = fields.Select((field, index) => (field.Path, index)).ToDictionary(pair => pair.Path, pair => pair.index, StringComparer.Ordinal);
        return [.. refusals.OrderBy(refusal => order.GetValueOrDefault(refusal.Field, -1))];
    }

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
