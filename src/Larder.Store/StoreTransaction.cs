using System.Collections.Immutable;

namespace Larder.Store;

/// <summary>Conditions and operations that are committed together. Immutable; each method returns a longer one.</summary>
/// <param name="Conditions">All must hold.</param>
/// <param name="Operations">At most one for each key.</param>
public sealed record StoreTransaction(ImmutableArray<StoreCondition> Conditions, ImmutableArray<StoreOperation> Operations)
{
    /// <summary>A transaction that does nothing.</summary>
    public static StoreTransaction Empty { get; } = new([], []);

    /// <summary>Requires that a key was last written by the given commit.</summary>
    /// <param name="key">The key.</param>
    /// <param name="revision">Its revision; 0 for "the key does not exist".</param>
    /// <returns>The longer transaction.</returns>
    public StoreTransaction IfRevision(string key, long revision) => this with { Conditions = Conditions.Add(new(key, revision)) };

    /// <summary>Requires that a key does not exist.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The longer transaction.</returns>
    public StoreTransaction IfAbsent(string key) => IfRevision(key, 0);

    /// <summary>Writes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="leaseId">A lease to bind it to, or 0. Writing a bound key anew binds it as given here.</param>
    /// <returns>The longer transaction.</returns>
    public StoreTransaction Put(string key, string value, long leaseId = 0) =>
        this with { Operations = Operations.Add(new StoreOperation(key, value, leaseId)) };

    /// <summary>Deletes a key; one that does not exist is no error.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The longer transaction.</returns>
    public StoreTransaction Delete(string key) => this with { Operations = Operations.Add(new StoreOperation(key, null, 0)) };
}
