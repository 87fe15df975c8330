namespace Larder.Gateway.Relay;

/// <summary>One entry of the <see cref="ReplyLedger"/>.</summary>
/// <param name="Kind">What is to come.</param>
/// <param name="Count">Replies or confirmations still to come, or the database of a SELECT.</param>
/// <param name="Subscription">Which kind of subscription is confirmed.</param>
/// <param name="Payload">The reply to give (<c>byte[]</c>, or a command that gives it at its turn), or the <see cref="SettingChange"/> to note when the engine agrees.</param>
/// <param name="Traits">What else matters.</param>
internal readonly record struct Expectation(
    ExpectationKind Kind, int Count = 1, SubscriptionKind Subscription = default, object? Payload = null, ExpectationTraits Traits = ExpectationTraits.None);
