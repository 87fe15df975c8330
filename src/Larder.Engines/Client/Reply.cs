namespace Larder.Engines.Client;

/// <summary>A RESP2 reply.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text, for statuses, errors and texts; else empty.</param>
/// <param name="Integer">Its number, for integers; else 0.</param>
/// <param name="Items">Its items, for arrays; else empty.</param>
internal sealed record Reply(ReplyKind Kind, string Text, long Integer, IReadOnlyList<Reply> Items)
{
    /// <summary>Whether it is an error.</summary>
    public bool IsError => Kind == ReplyKind.Error;

    /// <summary>Whether it is an error whose text holds a part, whatever the case of its letters.</summary>
    /// <param name="part">The part.</param>
    /// <returns>Whether it does.</returns>
    public bool IsErrorWith(string part) => IsError && Text.Contains(part, StringComparison.OrdinalIgnoreCase);

    internal static Reply OfText(ReplyKind kind, string text) => new(kind, text, 0, []);

    internal static Reply OfInteger(long value) => new(ReplyKind.Integer, string.Empty, value, []);

    internal static Reply OfItems(IReadOnlyList<Reply> items) => new(ReplyKind.Array, string.Empty, 0, items);

    internal static Reply Nothing { get; } = new(ReplyKind.Null, string.Empty, 0, []);
}
