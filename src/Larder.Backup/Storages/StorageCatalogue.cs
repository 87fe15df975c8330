using System.Collections.Immutable;

namespace Larder.Backup.Storages;

/// <summary>The storages of this daemon, by name. Immutable.</summary>
/// <param name="storages">The storages; their names differ.</param>
public sealed class StorageCatalogue(IEnumerable<IStorage> storages)
{
    /// <summary>The name of the folder that every installation has.</summary>
    public const string LocalName = "local";

    /// <summary>The name of the folder that the replicas' logs go to with <c>AOF_DUAL</c> where nothing else is named.</summary>
    public const string SecondName = "second";

    private readonly ImmutableSortedDictionary<string, IStorage> _storages =
        storages.ToImmutableSortedDictionary(storage => storage.Name, storage => storage, StringComparer.Ordinal);

    /// <summary>Their names in order.</summary>
    public IEnumerable<string> Names => _storages.Keys;

    /// <summary>All of them in the order of their names.</summary>
    public IEnumerable<IStorage> All => _storages.Values;

    /// <summary>Finds one.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The storage, or <c>null</c>.</returns>
    public IStorage? Find(string name) => _storages.GetValueOrDefault(name);

    /// <summary>Finds one that must exist.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The storage.</returns>
    /// <exception cref="StorageException">There is none; the message lists those there are.</exception>
    public IStorage Get(string name) => Find(name)
        ?? throw new StorageException(StorageFailure.NotFound, Missing(name));

    /// <summary>What to say of a name that no storage has.</summary>
    /// <param name="name">The name.</param>
    /// <returns>A sentence, with the names there are and what to do.</returns>
    public string Missing(string name) =>
        $"There is no storage named '{name}'; there are: {string.Join(", ", Names)}. Storages are listed under \"storages\" in larder.json.";
}
