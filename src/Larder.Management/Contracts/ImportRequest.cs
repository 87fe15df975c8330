using System.Collections.Immutable;

namespace Larder.Management.Contracts;

/// <summary>Asks for the data of RDB files in place of what a cache holds.</summary>
/// <param name="Storage">The storage; <c>null</c> with a folder.</param>
/// <param name="Folder">An absolute path on the daemon's host; <c>null</c> with a storage.</param>
/// <param name="Files">The files' paths in it; keys of a later one replace those of an earlier one.</param>
/// <param name="Prefix">Takes all files whose paths begin with it and end with <c>.rdb</c>, beside those that are named; <c>null</c>: none.</param>
/// <param name="DropOtherDatabases">Leaves out the keys of other databases than 0. For clustered caches, which have no others; without it, such keys are refused.</param>
public sealed record ImportRequest(string? Storage, string? Folder, ImmutableArray<string> Files, string? Prefix, bool DropOtherDatabases = false);
