using System.Collections.Immutable;

namespace Larder.Host.Drill;

/// <summary>What a drill showed: the contract of <c>larder drill --output json</c>.</summary>
/// <param name="Cache">The cache's name.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Fault"><c>kill</c>, <c>hang</c> or <c>handover</c>.</param>
/// <param name="Clients">How many clients wrote.</param>
/// <param name="Seconds">How long they wrote.</param>
/// <param name="Acknowledged">Writes that were acknowledged.</param>
/// <param name="Uncertain">Writes that failed and may have been carried out nevertheless.</param>
/// <param name="Errors">Errors that clients saw, by kind, the most frequent first.</param>
/// <param name="LongestPauseMs">The longest time in which one client had no write acknowledged.</param>
/// <param name="FirstWriteMs">From the fault until writes were acknowledged again; <c>null</c> where none was.</param>
/// <param name="Lost">Acknowledged writes that are not there afterwards.</param>
/// <param name="Doubled">Writes that were carried out more often than once.</param>
/// <param name="Outcome">Who is the primary now.</param>
internal sealed record DrillReport(
    string Cache, int Shard, string Fault, int Clients, double Seconds, long Acknowledged, long Uncertain, ImmutableArray<DrillError> Errors,
    double LongestPauseMs, double? FirstWriteMs, long Lost, long Doubled, string Outcome);

/// <summary>How often clients saw an error.</summary>
/// <param name="Kind">The error's first word, or what happened to the connection.</param>
/// <param name="Count">How often.</param>
internal sealed record DrillError(string Kind, int Count);
