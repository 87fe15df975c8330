using Larder.Management.Admission;
using Larder.Management.Contracts;
using Larder.Model.Engines;
using Larder.Model.Plans;
using Larder.Model.Specs;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Compares a wanted spec with the stored one: the pure plan, and what this host says to it.</summary>
/// <param name="documents">The stored caches.</param>
/// <param name="catalogue">The engines that this host can run.</param>
/// <param name="checks">What is looked at before anything is stored.</param>
/// <param name="scaling">What speaks against other sizes at the moment.</param>
/// <param name="clustering">What speaks against becoming a cluster at the moment.</param>
internal sealed class PlanService(
    CacheDocuments documents, IEngineCatalogue catalogue, IEnumerable<IAdmissionCheck> checks, ScalingService scaling, ClusteringService clustering)
{
    /// <summary>Plans.</summary>
    /// <param name="desired">What is wanted.</param>
    /// <param name="acceptEviction">Whether keys may be evicted until the data fits a smaller size.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The plan, the stored cache that it starts from, and that document's revision (0 where there is none).</returns>
    public async Task<(PlanView Plan, CacheDocument? Current, long Revision)> PlanAsync(
        CacheSpec desired, bool acceptEviction, CancellationToken cancellationToken)
    {
        var engines = await catalogue.RefreshAsync(cancellationToken);
        var (current, revision) = await documents.FindAsync(desired.Name, cancellationToken);
        var node = current is null ? null : await documents.FirstNodeAsync(desired.Name, cancellationToken);
        var installed = node is null ? null : Installed(engines, node);
        var plan = SpecPlanner.Plan(current?.Spec, desired, new PlanContext { Catalogue = engines.Installations, Installation = installed });
        var others = (await documents.AllAsync(cancellationToken))
            .Where(document => !string.Equals(document.Spec.Name, desired.Name, StringComparison.OrdinalIgnoreCase))
            .Select(document => document.Spec)
            .ToList();
        var memory = current is null ? null : RefuseMemory(current.Spec, desired, installed);
        var version = RefuseUpgrade(desired, installed, plan);
        var changes = current is not null && plan.Kind != PlanKind.None && !plan.IsRefused;
        var scales = changes ? await scaling.RefusalsAsync(current!.Spec, desired, acceptEviction, cancellationToken) : [];
        var clusters = changes ? await clustering.RefusalsAsync(current!.Spec, desired, cancellationToken) : [];
        var refusals = plan.Refusals.Concat(scales).Concat(clusters).Concat(new[] { memory, version }.OfType<PlanRefusal>())
            .Select(refusal => new PlanRefusalView(refusal.Field, refusal.Current, refusal.Wanted, refusal.Why, refusal.Instead))
            .ToList();
        if (current is not null && current.Spec.Name != desired.Name)
        {
            refusals.Add(new PlanRefusalView(
                "name", current.Spec.Name, desired.Name, $"There is a cache named {current.Spec.Name}, and names are compared without case.",
                "Spell the name as the cache has it, or choose another one."));
        }

        if (current is { Deleting: true })
        {
            refusals.Add(new PlanRefusalView(
                "name", desired.Name, desired.Name, $"{desired.Name} is being deleted", "Wait until it is gone, then apply again."));
        }

        var warnings = new List<string>();
        if (refusals.Count == 0 && plan.Kind != PlanKind.None)
        {
            foreach (var check in checks)
            {
                var result = await check.CheckAsync(current?.Spec, desired, others, cancellationToken);
                refusals.AddRange(result.Refusals);
                warnings.AddRange(result.Warnings);
            }
        }

        var chosen = plan.Engine;
        if (chosen is not null && plan.Kind == PlanKind.Create)
        {
            warnings.AddRange(catalogue.LimitationsOf(chosen).Select(limitation => $"{chosen.Family} {chosen.Version}: {limitation}"));
        }

        var view = new PlanView(
            desired.Name,
            plan.Kind.ToString().ToLowerInvariant(),
            chosen is null ? null : $"{chosen.Family.ToString().ToLowerInvariant()} {chosen.Version}",
            [.. plan.Changes.Select(change => new PlanChangeView(
                change.Field, change.Kind.ToString().ToLowerInvariant(), change.From, change.To, change.Effect))],
            [.. refusals],
            [.. warnings]);
        return (view, current, revision);
    }

    /// <summary>Moving running nodes to another version is patching, which this version of Larder does not do.</summary>
    private static PlanRefusal? RefuseUpgrade(CacheSpec wanted, EngineInstallation? installed, SpecPlan plan) =>
        installed is not null && plan.Engine is { } engine && engine.Version != installed.Version && !plan.Refusals.Any(refusal => refusal.Field == "redis.redis_version")
            ? new PlanRefusal(
                "redis.redis_version",
                installed.Version.ToString(),
                wanted.Redis.RedisVersion,
                $"The cache runs {installed.Family} {installed.Version}, and this version of Larder does not move a running cache to {engine.Version}.",
                "Leave redis_version as it is, or create a second cache with the new version.")
            : null;

    private PlanRefusal? RefuseMemory(CacheSpec now, CacheSpec wanted, EngineInstallation? installed) =>
        installed is not null && CapacitySizes.NodeBytes(wanted) > CapacitySizes.NodeBytes(now) && !catalogue.CanRaiseMemory(installed)
            ? new PlanRefusal(
                wanted.MemoryMb is null ? "redis.capacity" : "memory_mb",
                $"{CapacitySizes.NodeMb(now)} MB",
                $"{CapacitySizes.NodeMb(wanted)} MB",
                $"{installed.Family} reserves its memory when it starts and cannot be given more while it runs.",
                "Delete the cache and create it larger, or use Redis or Valkey.")
            : null;

    private static EngineInstallation? Installed(EngineCatalogueSnapshot engines, NodeDocument node) =>
        engines.Installations.FirstOrDefault(engine => engine.Family == node.Engine && engine.Version.ToString() == node.Version)
        ?? new EngineInstallation
        {
            Family = node.Engine,
            Version = Version.Parse(node.Version),
            ServerPath = "missing",
            Executable = "missing",
            Origin = "missing",
        };
}
