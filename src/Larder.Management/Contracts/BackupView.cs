namespace Larder.Management.Contracts;

/// <summary>One complete backup.</summary>
/// <param name="Id">Its id.</param>
/// <param name="TakenAt">When it was taken: what was acknowledged before is in it.</param>
/// <param name="EndedAt">When it was complete and checked.</param>
/// <param name="Bytes">Its size before encryption.</param>
/// <param name="Keys">About how many keys it has.</param>
/// <param name="Engine">What wrote it, such as <c>redis 7.0.15</c>.</param>
/// <param name="RdbVersion">The version of its form: an engine loads those up to its own.</param>
/// <param name="TrialLoaded">Whether an engine has loaded it for a trial, beside the checks that every backup passes.</param>
/// <param name="Own">Whether it is of this very cache; else of an earlier one, or another installation's, of the same name.</param>
public sealed record BackupView(
    string Id, DateTimeOffset TakenAt, DateTimeOffset EndedAt, long Bytes, long Keys, string Engine, int RdbVersion, bool TrialLoaded, bool Own);
