using Larder.Compat.Wire;

namespace Larder.Compat.Differential;

/// <summary>What came back on the two ways.</summary>
public sealed record Exchange(IReadOnlyList<RespValue> Direct, IReadOnlyList<RespValue> Through)
{
    /// <summary>Whether the connections can be used no more.</summary>
    public bool IsOver => Ended(Direct) || Ended(Through);

    private static bool Ended(IReadOnlyList<RespValue> values) => values.Count > 0 && (values[^1] == RespValue.End || values[^1] == RespValue.Silence);
}
