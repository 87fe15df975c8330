using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Larder.Model.Specs;

/// <summary>
/// Access policies: what a user may do, in the rules of Redis ACLs without <c>on</c>, passwords and selectors
/// (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/). Blocked commands stay blocked, whatever a policy says.
/// </summary>
public static partial class AccessPolicies
{
    /// <summary>Names that no user can have: the engine's and Larder's own.</summary>
    public static ImmutableArray<string> ReservedUsers { get; } = ["default", "larder", "gateway", "larder-nobody"];

    /// <summary>The policies that every cache has, with the permissions of the original service.</summary>
    public static ImmutableSortedDictionary<string, string> BuiltIn { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Data Owner"] = "+@all allkeys",
        ["Data Contributor"] = "+@all -@dangerous +cluster|info +cluster|nodes +cluster|slots allkeys",
        ["Data Reader"] =
            "+@read +@connection -client +client|caching +client|getname +client|getredir +client|id +client|list +client|reply +client|setinfo "
            + "+client|setname +client|tracking +cluster|info +cluster|nodes +cluster|slots allkeys",
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>The permissions of a policy.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="own">The cache's own policies.</param>
    /// <returns>The permissions; <c>null</c> where there is no such policy.</returns>
    public static string? Find(string name, ImmutableSortedDictionary<string, string> own)
    {
        ArgumentNullException.ThrowIfNull(own);
        return BuiltIn.GetValueOrDefault(name) ?? own.GetValueOrDefault(name);
    }

    /// <summary>The rules of a policy.</summary>
    /// <param name="permissions">The permissions.</param>
    /// <returns>The rules, one each.</returns>
    public static ImmutableArray<string> Rules(string permissions)
    {
        ArgumentNullException.ThrowIfNull(permissions);
        return [.. permissions.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>Whether permissions are written as rules that a policy may have. Whether the engine has the commands is the engine's to say.</summary>
    /// <param name="permissions">The permissions.</param>
    /// <returns>Whether they are.</returns>
    public static bool IsWellFormed(string permissions) => Rules(permissions) is { IsEmpty: false } rules && rules.All(rule => Rule().IsMatch(rule));

    [GeneratedRegex(
        @"\A([+-]@[a-z]+|[+-][A-Za-z][A-Za-z0-9._:-]*(\|[A-Za-z][A-Za-z0-9._-]*)?|(%(R|W|RW|WR))?~[\x21-\x7e]+|&[\x21-\x7e]+|allkeys|allcommands|nocommands|allchannels|resetkeys|resetchannels)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Rule();
}
